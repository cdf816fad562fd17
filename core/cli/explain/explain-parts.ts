/** Photographs that a run is tested on, and how much of a map lies on which part of what they show, where the data set says where its parts are. */
import { resolve } from "node:path";
import {
  countIn,
  createTraining,
  findModels,
  type ImageFacts,
  type InputSettings,
  invalidConfig,
  type Rectangle,
  type Source,
} from "../../index.js";
import type { ExplainArguments } from "../arguments.js";
import type { Environment } from "../environment.js";
import { pluginsFor } from "../model-command.js";
import { type AskedImage, folderAmong } from "./explain-images.js";

type Decode = (path: string, options: { readonly exif: "ignore" }) => Promise<Size>;
type Size = Pick<Rectangle, "width" | "height">;
type Parts = NonNullable<ImageFacts["parts"]>;

/**
 * Test images of the run of a model, evenly from all of them.
 *
 * @param asked how many
 * @throws FGKD_INVALID_CONFIG for a run that was tested on no files, or on parts of them
 */
export async function testedImages(
  model: string,
  asked: number,
  given: Pick<ExplainArguments, "trust">,
  environment: Environment,
): Promise<readonly AskedImage[]> {
  const [found] = findModels(model);
  const data = (found?.stage ?? found?.run)?.data as { readonly name: string; readonly crop?: unknown } | undefined;
  if (!data) throw invalidConfig("--tested", "nothing says what the first model was tested on", "Name images instead.");
  if (data.crop === "box")
    throw invalidConfig("--tested", "the run is tested on boxes that were cut out of pictures", "Name images instead.");
  const training = createTraining({ plugins: [await pluginsFor(resolve(model), given, environment)] });
  const source = await training.sources.choose(data).open();
  try {
    const facts = pickedFacts(source, asked);
    if (facts.length === 0) throw noFiles();
    const names = partNames(facts);
    // fgkd's own module.
    const decode = (await environment.load("fgkd/plugins")).decodeImage as Decode;
    const images: AskedImage[] = [];
    for (const { path, ...seen } of facts) {
      if (path === undefined) throw noFiles();
      // Places are measured on pictures as they are stored.
      const size = seen.parts && (await decode(path, { exif: "ignore" }));
      images.push({
        name: path,
        given: () => path,
        className: (classes) => folderAmong(classes, path),
        ...(size && {
          shares: (map, { input }) =>
            input.transforms?.test ? undefined : attentionOnParts(map, seenOf(size, input), seen, names),
        }),
      });
    }
    return images;
  } finally {
    await source.close();
  }
}

function noFiles(): Error {
  return invalidConfig("--tested", "the first model was not tested on files", "Name images instead.");
}

function pickedFacts(source: Source, asked: number): readonly ImageFacts[] {
  const total = countIn(source, "test");
  const count = Math.min(asked, total);
  return Array.from({ length: count }, (_, place) => source.about?.("test", Math.floor((place * total) / count)) ?? {});
}

/** Of one kind are the left one and the right one: which is which depends on where the animal looks. */
function kindOf(part: string): string {
  return part.replace(/^(left|right) /, "");
}

function partNames(facts: readonly ImageFacts[]): readonly string[] {
  return [...new Set(facts.flatMap(({ parts }) => Object.keys(parts ?? {}).map(kindOf)))].sort();
}

/** What the network is given of a picture, in pixels of the picture as it is stored. */
function seenOf({ width, height }: Size, { resize, crop, fit }: InputSettings): Rectangle {
  const shorter = Math.min(width, height);
  const [across, down] = (fit === "warp" ? [width, height] : [shorter, shorter]).map((side) => (side * crop) / resize);
  const [right = 0, bottom = 0] = [across, down];
  return { left: (width - right) / 2, top: (height - bottom) / 2, width: right, height: bottom };
}

/** How far a part reaches around its place, of the longer side of the box: what counts as found in the set's own literature. */
const reach = 0.1;

/**
 * The share of a map's sum that lies on each part: where a place is within reach of several, on the nearest; `rest` is what else lies in the box.
 * Of a map that is the same everywhere, these are shares of the area.
 *
 * @param map `[side, side]`, from 0
 * @param seen where the map is, in the picture
 * @param names of all parts, those that are hidden here among them
 */
export function attentionOnParts(
  map: ArrayLike<number>,
  seen: Rectangle,
  { parts = {}, box = around(parts) }: Pick<ImageFacts, "parts" | "box">,
  names: readonly string[],
): Readonly<Record<string, number>> {
  const side = Math.sqrt(map.length);
  const sums: Record<string, number> = Object.fromEntries([...names, "rest", "background"].map((name) => [name, 0]));
  const farthest = reach * Math.max(box.width, box.height);
  for (let pixel = 0; pixel < map.length; pixel++) {
    const x = seen.left + (((pixel % side) + 0.5) / side) * seen.width;
    const y = seen.top + ((Math.floor(pixel / side) + 0.5) / side) * seen.height;
    const [part, distance] = nearest(parts, x, y);
    const isInside = x >= box.left && x < box.left + box.width && y >= box.top && y < box.top + box.height;
    const place = distance <= farthest ? kindOf(part) : isInside ? "rest" : "background";
    sums[place] = (sums[place] ?? 0) + (map[pixel] as number);
  }
  const total = Object.values(sums).reduce((sum, value) => sum + value, 0);
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, total > 0 ? sum / total : 0]));
}

function nearest(parts: Parts, x: number, y: number): readonly [name: string, distance: number] {
  const found = Object.entries(parts).map(([name, at]) => [name, Math.hypot(at[0] - x, at[1] - y)] as const);
  return found.reduce((best, one) => (one[1] < best[1] ? one : best), ["", Number.POSITIVE_INFINITY]);
}

/** Where no box is given: that of the parts. */
function around(parts: Parts): Rectangle {
  const [xs, ys] = [0, 1].map((axis) => Object.values(parts).map((at) => at[axis as 0 | 1])) as [number[], number[]];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return { left, top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
}
