/** How large the pictures are that are trained on. */
import { countIn, type Source } from "../data/source.js";
import type { PictureFacts } from "./facts.js";

/** More of them move the median no more than chance does, and each is a file to open. */
const MOST = 200;

/**
 * By what the files say of themselves; no picture is decoded.
 *
 * @returns `null` where images are in no files, or none can be read
 */
export async function measurePictures(source: Source): Promise<PictureFacts | null> {
  const images = countIn(source, "train");
  const looked = Math.min(images, MOST);
  const paths = Array.from(
    { length: looked },
    (_, at) => source.about?.("train", Math.floor((at * images) / looked)).path,
  );
  if (paths.every((path) => path === undefined)) return null;
  const { default: sharp } = await import("sharp");
  const sides: number[] = [];
  for (const path of paths) {
    // What cannot be read is told by whoever trains on it.
    const about =
      path === undefined
        ? undefined
        : await sharp(path)
            .metadata()
            .catch(() => undefined);
    if (about?.width && about.height) sides.push(Math.min(about.width, about.height));
  }
  const shorter = sides.sort((a, b) => a - b)[sides.length >> 1];
  return shorter === undefined ? null : { looked: sides.length, shorter };
}
