/** Some classes of a source, as if there were no others: to test a model on those that are hard to tell apart. */
import * as tf from "@tensorflow/tfjs";
import { type Batch, need, release, replace } from "../values/records.js";
import type { TestedSource } from "./source.js";

/**
 * Batches whose images are none of the classes are left out; the others may be smaller than they were.
 *
 * @param kept positions of the classes, which are labels 0, 1, … of what comes of it
 */
export function onlyClasses(source: TestedSource, kept: readonly number[]): TestedSource {
  const named = (all: readonly string[]) => kept.map((label) => all[label] as string);
  return {
    ...source,
    classes: named(source.classes),
    ranks: Object.fromEntries(Object.entries(source.ranks ?? {}).map(([rank, groups]) => [rank, named(groups)])),
    async *batches(pass) {
      let seen = 0;
      for await (const batch of source.batches(pass)) {
        const labels = await labelsOf(batch);
        const from = seen;
        seen += labels.length;
        const rows = [...labels.keys()].filter((row) => kept.includes(labels[row] as number));
        const indices = rows.map((row) => batch.indices?.[row] ?? from + row);
        if (rows.length === 0) release(batch);
        else yield replace(batch, { ...rowsOf(batch, rows, kept), indices });
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

function rowsOf(batch: Batch, rows: number[], kept: readonly number[]) {
  const [images, labels] = [need(batch, "images", "onlyClasses"), need(batch, "labels", "onlyClasses")];
  return tf.tidy(() => ({ images: images.gather(rows), labels: labels.gather(rows).gather([...kept], 1) }));
}
