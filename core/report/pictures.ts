/** Small pictures of images of a split, for a page that has them inside. */
import { type SeenPicture, seenPictures } from "../explanation/seen-pictures.js";
import { chosenRows, type Shown } from "./chosen-rows.js";

/** In pixels: twice what a page shows, for screens that show them sharp. */
const SIDE = 208;

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
  for await (const { positions, batch } of chosenRows(rest, shown))
    for (const [row, picture] of (await seenPictures(batch, shown.input)).entries())
      found.set(positions[row] as number, await smallPicture(picture));
  return found;
}

async function fromFile(path: string): Promise<string> {
  const { default: sharp } = await import("sharp");
  return small(sharp(path, { limitInputPixels: 2 ** 28 }).rotate());
}

/** As a `data:` address. */
export async function smallPicture({ width, height, data }: SeenPicture): Promise<string> {
  const { default: sharp } = await import("sharp");
  return small(sharp(data, { raw: { width, height, channels: 3 } }));
}

async function small(picture: import("sharp").Sharp): Promise<string> {
  const bytes = await picture
    .resize(SIDE, SIDE, { fit: "inside", withoutEnlargement: true })
    .flatten({ background: "#808080" })
    .webp({ quality: 68 })
    .toBuffer();
  return `data:image/webp;base64,${bytes.toString("base64")}`;
}
