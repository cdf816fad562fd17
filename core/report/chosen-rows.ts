/** Some images of a split, as models are given them. */
import * as tf from "@tensorflow/tfjs";
import type { InputSettings, Source, Split } from "../data/source.js";
import { type Batch, release } from "../values/records.js";

/** Whoever shows images of a test. */
export interface Shown {
  readonly source: Pick<Source, "about" | "batches">;
  readonly split: Split;
  readonly batchSize: number;
  readonly input: InputSettings;
}

/** Images of a batch, with their positions in the split. */
export interface ChosenRows {
  readonly positions: readonly number[];
  /** Freed by whoever yields it. */
  readonly batch: Batch;
}

/** Walks through the split until all have been seen. */
export async function* chosenRows(
  indices: readonly number[],
  { source, split, batchSize, input }: Shown,
): AsyncGenerator<ChosenRows, void, undefined> {
  const wanted = new Set(indices);
  if (wanted.size === 0) return;
  const pass = { split, mode: "test", epoch: 0, seed: "", batchSize, skip: 0, input } as const;
  let seen = 0;
  for await (const batch of source.batches(pass)) {
    const { images, normalisation } = batch;
    const size = images?.shape[0] ?? 0;
    const positions = batch.indices ?? Array.from({ length: size }, (_, row) => seen + row);
    seen += size;
    const rows = positions.flatMap((index, row) => (wanted.delete(index) ? [row] : []));
    const chosen = images && rows.length > 0 ? tf.gather(images, rows) : undefined;
    release(batch);
    if (!chosen) continue;
    try {
      const about = { images: chosen, ...(normalisation && { normalisation }) };
      yield { positions: rows.map((row) => positions[row] as number), batch: about };
    } finally {
      chosen.dispose();
    }
    if (wanted.size === 0) return;
  }
}
