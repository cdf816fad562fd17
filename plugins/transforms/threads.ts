/** What fgkd's own transforms do, on the threads. Draws nothing: every number was drawn on the main thread. */
import type { Rectangle } from "../../core/index.js";
import type {
  CenterCropOptions,
  FlipOptions,
  RandomCropOptions,
  RandomResizedCropOptions,
  ResizeOptions,
} from "./options.js";
import { cut, mirror } from "./pixels/cut.js";
import { centreOffset, randomOffset, resizedPixels, roundHalfEven, type Size } from "./pixels/geometry.js";
import type { Pixels } from "./pixels/pixels.js";
import { resample } from "./pixels/resample.js";
import { TooManyPixels } from "./pixels/too-many.js";
import type { TransformFunction } from "./pixels/transform-function.js";

export const resize: TransformFunction<Required<ResizeOptions>> = (picture, task) => {
  const { options, input, maxPixels = Number.POSITIVE_INFINITY } = task;
  const [side, fit] = [options.size ?? input.resize, options.fit ?? input.fit];
  const to = resizedPixels(picture.reduced?.from ?? picture, side, fit === "pad" ? "longer" : fit);
  if (to.pixels > maxPixels) throw new TooManyPixels(picture, to, maxPixels);
  const resized = resample(picture, to, options.interpolation);
  return fit === "pad" ? padded(resized, side) : resized;
};

/** In the middle of a black square; where that is between two pixels, the upper left one. */
function padded(picture: Pixels, side: number): Pixels {
  const before = (length: number) => -Math.floor((side - length) / 2);
  return cut(picture, { left: before(picture.width), top: before(picture.height), width: side, height: side });
}

export const randomCrop: TransformFunction<Required<RandomCropOptions>> = (picture, { options, drawn, input }) => {
  const [x = 0, y = 0] = drawn;
  const [side, pad] = [options.size ?? input.crop, options.pad ?? input.pad];
  refuseLarger(side, Math.min(picture.width, picture.height) + 2 * pad, "the picture and its padding");
  return cut(picture, {
    left: randomOffset(picture.width, side, pad, x),
    top: randomOffset(picture.height, side, pad, y),
    width: side,
    height: side,
  });
};

export const centerCrop: TransformFunction<Required<CenterCropOptions>> = (picture, { options, input }) => {
  const { size, fill } = options;
  const side = size ?? input.crop;
  if (fill === null) refuseLarger(side, Math.min(picture.width, picture.height), "the picture");
  const offset = (length: number) => (length < side ? -Math.floor((side - length) / 2) : centreOffset(length, side));
  const [left, top] = [offset(picture.width), offset(picture.height)];
  const around = fill === "mean" ? input.mean.map((share) => roundHalfEven(255 * share)) : fill;
  // Of three channels.
  return cut(picture, { left, top, width: side, height: side }, (around ?? undefined) as Parameters<typeof cut>[2]);
};

function refuseLarger(side: number, room: number, of: string): void {
  if (side > room) throw new Error(`a square of ${side} does not fit into ${room}, the shorter side of ${of}`);
}

export const flip: TransformFunction<Required<FlipOptions>> = (picture, { options, drawn: [chance = 1], input }) =>
  chance < (options.probability ?? input.flip) ? mirror(picture) : picture;

export const randomResizedCrop: TransformFunction<Required<RandomResizedCropOptions>> = (picture, task) => {
  const { options, drawn, input } = task;
  const side = options.size ?? input.crop;
  const part = cut(picture, randomPart(picture, options, drawn));
  return resample(part, { width: side, height: side }, options.interpolation);
};

/** How many parts are tried before the central one is taken. */
export const tries = 10;

/**
 * torchvision's `RandomResizedCrop`: the first of ten parts that fits into the picture, else the largest central one
 * within the ratios.
 *
 * @param drawn uniform in `[0, 1)`: area and ratio of each try, then the position
 */
export function randomPart(
  { width, height }: Size,
  { scale, ratio }: Pick<Required<RandomResizedCropOptions>, "scale" | "ratio">,
  drawn: readonly number[],
): Rectangle {
  const [x = 0, y = 0] = drawn.slice(2 * tries);
  const logRatio = [Math.log(ratio[0]), Math.log(ratio[1])] as const;
  for (let attempt = 0; attempt < tries; attempt++) {
    const area = width * height * between(scale, drawn[2 * attempt]);
    const aspect = Math.exp(between(logRatio, drawn[2 * attempt + 1]));
    const part = { width: roundHalfEven(Math.sqrt(area * aspect)), height: roundHalfEven(Math.sqrt(area / aspect)) };
    if (part.width > 0 && part.width <= width && part.height > 0 && part.height <= height)
      return {
        left: Math.floor(x * (width - part.width + 1)),
        top: Math.floor(y * (height - part.height + 1)),
        ...part,
      };
  }
  const part = centralPart(width, height, ratio);
  return { left: Math.floor((width - part.width) / 2), top: Math.floor((height - part.height) / 2), ...part };
}

function centralPart(width: number, height: number, [narrowest, widest]: readonly [number, number]): Size {
  const aspect = width / height;
  if (aspect < narrowest) return { width, height: Math.min(roundHalfEven(width / narrowest), height) };
  if (aspect > widest) return { width: Math.min(roundHalfEven(height * widest), width), height };
  return { width, height };
}

function between([low, high]: readonly [number, number], share = 0): number {
  return low + share * (high - low);
}
