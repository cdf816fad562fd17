/** Some classes of a source, as if there were no others: to test a model on those that are hard to tell apart. */
import * as tf from "@tensorflow/tfjs";
import { type Batch, need, release, replace } from "../values/records.js";
import type { TestedSource } from "./source.js";

/** Batches whose images are none of the classes are left out; the others may be smaller than they were. */
export function onlyClasses(source: TestedSource, kept: readonly number[]): TestedSource {
  const names = (all: readonly string[]) => kept.map((label) => all[label] as string);
  const { ranks = {} } = source;
  return {
    classes: names(source.classes),
    ranks: Object.fromEntries(Object.entries(ranks).map(([rank, groups]) => [rank, names(groups)])),
    ...(source.about && { about: (split, index) => source.about?.(split, index) ?? {} }),
    async *batches(pass) {
      let seen = 0;
      for await (const batch of source.batches(pass)) {
        const labels = await labelsOf(batch);
        const rows = [...labels.keys()].filter((row) => kept.includes(labels[row] as number));
        const from = seen;
        seen += labels.length;
        const indices = rows.map((row) => batch.indices?.[row] ?? from + row);
        if (rows.length === 0) release(batch);
        else yield replace(batch, { ...tf.tidy(() => partOf(batch, rows, kept)), indices });
      }
    },
  };
}

async function labelsOf(batch: Batch): Promise<Int32Array> {
  const labels = tf.tidy(() => need(batch, "labels", "onlyClasses").argMax(1));
  // A copy: on some engines data() is a view of memory that the next batch reuses.
  const read = Int32Array.from(await labels.data());
  labels.dispose();
  return read;
}

function partOf(batch: Batch, rows: readonly number[], kept: readonly number[]) {
  const images = need(batch, "images", "onlyClasses").gather([...rows]);
  const labels = need(batch, "labels", "onlyClasses")
    .gather([...rows])
    .gather([...kept], 1);
  return { images, labels };
}
