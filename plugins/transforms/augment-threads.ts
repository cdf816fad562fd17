/** What transforms do that change colours or choose among operations, on the threads. Draws nothing. */
import type {
  BlurOptions,
  ColourJitterOptions,
  GreyOptions,
  RandAugmentOptions,
  RandomErasingOptions,
  TrivialAugmentOptions,
} from "./augment-options.js";
import { type Operation, randAugmentOperations, trivialAugmentOperations, trivialBins } from "./operations.js";
import { brightness, contrast, grey as greyed, saturation } from "./pixels/colour.js";
import { erase, erasedPart } from "./pixels/erase.js";
import { hue } from "./pixels/hue.js";
import { blur as blurred } from "./pixels/neighbours.js";
import { normalFrom } from "./pixels/noise.js";
import type { Pixels } from "./pixels/pixels.js";
import type { TransformFunction } from "./pixels/transform-function.js";

/** Drawn: whether, four strengths, four ranks that order them. @see torchvision, `ColorJitter` */
export const colourJitter: TransformFunction<Required<ColourJitterOptions>> = (picture, { options, drawn }) => {
  const [chance = 1, ...rest] = drawn;
  if (chance >= options.probability) return picture;
  const factor = (spread: number, at: number) => between(Math.max(0, 1 - spread), 1 + spread, rest[at]);
  const steps: ((picture: Pixels) => Pixels)[] = [
    (before) => brightness(before, factor(options.brightness, 0)),
    (before) => contrast(before, factor(options.contrast, 1)),
    (before) => saturation(before, factor(options.saturation, 2)),
    (before) => (options.hue === 0 ? before : hue(before, between(-options.hue, options.hue, rest[3]))),
  ];
  const ranks = rest.slice(4);
  const order = [0, 1, 2, 3].sort((one, other) => (ranks[one] ?? 0) - (ranks[other] ?? 0));
  return order.reduce((before, at) => steps[at]?.(before) ?? before, picture);
};

export const grey: TransformFunction<Required<GreyOptions>> = (picture, { options, drawn: [chance = 1] }) =>
  chance < options.probability ? greyed(picture) : picture;

/** Drawn: whether, how much. */
export const blur: TransformFunction<Required<BlurOptions>> = (picture, { options, drawn: [chance = 1, strength] }) => {
  const { size, deviation, probability } = options;
  const shorter = Math.min(picture.width, picture.height);
  if (size > 2 * shorter - 1) throw new Error(`a blur of ${size} pixels is too wide for a side of ${shorter}`);
  return chance < probability ? blurred(picture, between(deviation[0], deviation[1], strength), size) : picture;
};

/** How many numbers one operation takes: which, whether, two for the magnitude, the sign. */
export const drawnForRandAugment = 5;

export const randAugment: TransformFunction<Required<RandAugmentOptions>> = (picture, { options, drawn }) => {
  const all: readonly Operation[] = Object.values(randAugmentOperations);
  let result = picture;
  for (let at = 0; at < options.operations; at++) {
    const [which = 0, chance = 1, one = 0, two = 0, side = 0] = drawn.slice(at * drawnForRandAugment);
    const strength = magnitude(options, one, two);
    if (chance < options.probability) result = chosen(all, which)(result, strength, side < 0.5 ? 1 : -1, options);
  }
  return result;
};

/** Normally distributed around the one that was asked for, within 0 to 10. */
export function magnitude(
  { magnitude: middle, deviation }: Pick<Required<RandAugmentOptions>, "magnitude" | "deviation">,
  one: number,
  two: number,
): number {
  return Math.min(Math.max(middle + deviation * normalFrom(one, two), 0), 10);
}

/** Drawn: which, how strong, the sign. */
export const trivialAugment: TransformFunction<Required<TrivialAugmentOptions>> = (picture, { options, drawn }) => {
  const [which = 0, strength = 0, side = 0] = drawn;
  const operation = chosen<Operation>(Object.values(trivialAugmentOperations), which);
  return operation(picture, Math.floor(strength * trivialBins), side < 0.5 ? 1 : -1, options);
};

/** How many parts are tried before the picture stays whole. */
export const erasingTries = 10;

/** Drawn: whether, the noise's seed, the position, area and ratio of each try. */
export const randomErasing: TransformFunction<Required<RandomErasingOptions>> = (
  picture,
  { options, drawn, input },
) => {
  const [chance = 1, seed = 0, ...rest] = drawn;
  const part = chance < options.probability && erasedPart(picture, options, rest);
  return part ? erase(picture, part, seed, input) : picture;
};

function chosen<T>(of: readonly T[], share: number): T {
  return of[Math.floor(share * of.length)] as T;
}

function between(low: number, high: number, share = 0): number {
  return low + share * (high - low);
}
