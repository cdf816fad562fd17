/** A contact sheet: some images of every class in one picture, each with the class's name. */
import { mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import sharp from "sharp";
import { labelLayer } from "../../pictures/labels.js";
import { forEachAtOnce } from "../images/at-once.js";
import { groupBy } from "./group-by.js";

/** Of the sheet, in pixels. */
const THUMB = 96;
const LABEL = 16;
const GAP = 4;
const COLUMNS = 16;
/** Images on a sheet, as long as every class has one. */
const IMAGES = 320;
/** Of a class, at most. */
const EACH = 8;
const AT_ONCE = 4;
/** Letters of a name that have room. */
const LETTERS = 17;

/** One image of a sheet. */
export interface SheetImage {
  /** Where it lies. */
  readonly path: string;
  readonly className: string;
}

/** As many of each class, spread over it, in label order. Images that cannot be read are to be left out before. */
export function chooseForSheet(classes: readonly string[], images: readonly SheetImage[]): readonly SheetImage[] {
  const each = Math.max(1, Math.min(EACH, Math.floor(IMAGES / Math.max(1, classes.length))));
  const byClass = groupBy(images, ({ className }) => className);
  return classes.flatMap((name) => {
    const own = byClass.get(name) ?? [];
    const step = Math.max(1, own.length / each);
    return Array.from({ length: Math.min(each, own.length) }, (_, at) => own[Math.floor(at * step)] as SheetImage);
  });
}

/** Writes the sheet as a PNG; names are drawn in a font of the system. */
export async function writeSheet(file: string, images: readonly SheetImage[]): Promise<void> {
  const columns = Math.max(1, Math.min(COLUMNS, images.length));
  const [cellWidth, cellHeight] = [THUMB + GAP, THUMB + LABEL + GAP];
  const width = columns * cellWidth + GAP;
  const height = Math.max(1, Math.ceil(images.length / columns)) * cellHeight + GAP;
  const pixels = Buffer.alloc(width * height * 3, 255);
  const placeOf = (index: number) => ({
    left: GAP + (index % columns) * cellWidth,
    top: GAP + Math.floor(index / columns) * cellHeight,
  });
  await forEachAtOnce(AT_ONCE, images, async ({ path }, index) => {
    const thumb = await sharp(path, { failOn: "none" })
      .resize(THUMB, THUMB, { fit: "contain", background: "white" })
      .flatten({ background: "white" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { left, top } = placeOf(index);
    paste(thumb.data, thumb.info.channels, pixels, (top * width + left) * 3, width * 3);
  });
  const labels = images.map(({ className }, index) => {
    const { left, top } = placeOf(index);
    return { text: className, left, bottom: top + THUMB + LABEL - 4, letters: LETTERS };
  });
  await mkdir(dirname(file), { recursive: true });
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .composite([labelLayer(labels, { width, height })])
    .png()
    .toFile(`${file}.part`);
  // A sheet that is there is whole.
  await rename(`${file}.part`, file);
}

function paste(thumb: Uint8Array, channels: number, into: Uint8Array, start: number, stride: number): void {
  for (let row = 0; row < THUMB; row++) {
    for (let at = 0; at < THUMB * 3; at++) {
      const from = (row * THUMB + Math.floor(at / 3)) * channels + (channels >= 3 ? at % 3 : 0);
      into[start + row * stride + at] = thumb[from] as number;
    }
  }
}
