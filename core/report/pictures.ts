/** Small pictures of images of a split, for a page that has them inside. */
import * as tf from "@tensorflow/tfjs";
import type { InputSettings, Source, Split } from "../data/source.js";
import { type Batch, release } from "../values/records.js";

/** In pixels: twice what a page shows, for screens that show them sharp. */
const SIDE = 208;

/** Whoever shows pictures of a test. */
export interface Shown {
  readonly source: Pick<Source, "about" | "batches">;
  readonly split: Split;
  readonly batchSize: number;
  readonly input: InputSettings;
}

/**
 * By position in the split, as `data:` addresses (WebP): from files the whole picture, of images in no file what the model
 * is given of them, for which the split is walked through once more. What cannot be read is left out.
 */
export async function smallPictures(indices: readonly number[], shown: Shown): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  await Promise.all(
    indices.map(async (index) => {
      const path = shown.source.about?.(shown.split, index).path;
      const picture = path === undefined ? undefined : await fromFile(path).catch(() => undefined);
      if (picture !== undefined) found.set(index, picture);
    }),
  );
  const rest = indices.filter((index) => !found.has(index));
  for (const [index, picture] of await fromPass(rest, shown)) found.set(index, picture);
  return found;
}

async function fromFile(path: string): Promise<string> {
  const { default: sharp } = await import("sharp");
  return small(sharp(path, { limitInputPixels: 2 ** 28 }).rotate());
}

async function fromPass(
  indices: readonly number[],
  { source, split, batchSize, input }: Shown,
): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  const wanted = new Set(indices);
  if (wanted.size === 0) return found;
  const pass = { split, mode: "test", epoch: 0, seed: "", batchSize, skip: 0, input } as const;
  let seen = 0;
  for await (const batch of source.batches(pass)) {
    try {
      const size = batch.images?.shape[0] ?? 0;
      const positions = batch.indices ?? Array.from({ length: size }, (_, row) => seen + row);
      seen += size;
      for (const [row, index] of positions.entries()) {
        if (!wanted.delete(index)) continue;
        const picture = await ofRow(batch, row, input);
        if (picture !== undefined) found.set(index, picture);
      }
    } finally {
      release(batch);
    }
    if (wanted.size === 0) break;
  }
  return found;
}

/** `undefined` for what is no picture in colours. */
async function ofRow({ images, normalisation }: Batch, row: number, input: InputSettings): Promise<string | undefined> {
  if (images?.shape[3] !== 3) return undefined;
  const [, height, width] = images.shape;
  const { mean, deviation } = normalisation ?? input;
  const pixels = tf.tidy(() => {
    const one = images.slice([row, 0, 0, 0], [1, height, width, 3]);
    // From a source pixels come as whole numbers.
    const colours =
      one.dtype === "int32"
        ? one.toFloat()
        : one
            .mul([...deviation])
            .add([...mean])
            .mul(255);
    return colours.clipByValue(0, 255).round();
  });
  const bytes = Uint8Array.from(await pixels.data());
  pixels.dispose();
  const { default: sharp } = await import("sharp");
  return small(sharp(bytes, { raw: { width, height, channels: 3 } }));
}

async function small(picture: import("sharp").Sharp): Promise<string> {
  const bytes = await picture
    .resize(SIDE, SIDE, { fit: "inside", withoutEnlargement: true })
    .flatten({ background: "#808080" })
    .webp({ quality: 68 })
    .toBuffer();
  return `data:image/webp;base64,${bytes.toString("base64")}`;
}
