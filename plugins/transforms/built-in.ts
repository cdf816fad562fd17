/** fgkd's own transforms as data for the threads, and the list of them that stages have unless they say otherwise. */
import { type ChosenTransform, type Random, type Transform, threadFile } from "../../core/index.js";
import {
  type CenterCropOptions,
  centerCropSchema,
  type FlipOptions,
  flipSchema,
  type RandomCropOptions,
  type RandomResizedCropOptions,
  type ResizeOptions,
  randomCropSchema,
  resizeSchema,
} from "./options.js";
import { tries } from "./threads.js";

const { filename: module } = threadFile("threads", import.meta.url);

export function resize(options: Required<ResizeOptions>): Transform {
  return { module, function: "resize", options, keep: true };
}

export function randomCrop(options: Required<RandomCropOptions>): Transform {
  return { module, function: "randomCrop", options, draw: (random) => draw(random, 2) };
}

export function centerCrop(options: Required<CenterCropOptions>): Transform {
  return { module, function: "centerCrop", options };
}

export function flip(options: Required<FlipOptions>): Transform {
  return { module, function: "flip", options, draw: (random) => draw(random, 1) };
}

/** Draws for all tries, since how many are needed depends on the size of a picture that is not read yet. */
export function randomResizedCrop(options: Required<RandomResizedCropOptions>): Transform {
  return { module, function: "randomResizedCrop", options, draw: (random) => draw(random, 2 * tries + 2) };
}

function draw(random: Random, count: number): readonly number[] {
  return Array.from({ length: count }, () => random.next());
}

/** As `input.resize`, `fit`, `pad`, `crop` and `flip` say. */
export function usualTransforms(mode: "train" | "test"): readonly ChosenTransform[] {
  const first = { name: "resize", ...resize(resizeSchema.parse({})) };
  if (mode === "test") return [first, { name: "center-crop", ...centerCrop(centerCropSchema.parse({})) }];
  const crop = { name: "random-crop", ...randomCrop(randomCropSchema.parse({})) };
  return [first, crop, { name: "flip", ...flip(flipSchema.parse({})) }];
}
