/** What in the images themselves is in the way. */
import { differenceInterval, shareOf } from "../measures/share.js";
import { named } from "../values/words.js";
import type { Advice, ClassFacts, InputFacts, PictureFacts, RunFacts } from "./facts.js";
import { percent } from "./words.js";

/** From here on the rarest class is told, as `fgkd data check` does. */
const UNEVEN = 3;

/** Enlarged by so much, more than half of the pixels that a model sees (1 − 1/1.5² = 56 %) were no pixel of the picture. */
const ENLARGED = 1.5;

const remedy =
  "draw them evenly with --set data.sampler=balanced, or let cross-entropy weigh them (balance: effective), not both";

/** Before training: where one class has many times the images of another. */
export function classesUneven(classes: readonly ClassFacts[]): Advice | null {
  const [most, least] = extremes(classes);
  if (!most || !least || least.train === 0 || most.train < UNEVEN * least.train) return null;
  const times = (most.train / least.train).toFixed(1);
  return {
    about: "imbalance",
    text: `The classes are imbalanced: ${named(most.name)} has ${most.train} images to train on, ${times} times the ${least.train} of ${named(least.name)}; ${remedy}.`,
  };
}

/**
 * After training: where the classes that have less than a third of the images of the largest are recognised less often than the
 * others, and chance does not explain it. Classes that are uneven and all learnt are nobody's trouble.
 */
export function rareClassesSuffer({ classes, isBalanced }: Pick<RunFacts, "classes" | "isBalanced">): Advice | null {
  const [most] = extremes(classes ?? []);
  if (!classes || !most || isBalanced) return null;
  const isRare = ({ train }: ClassFacts) => train * UNEVEN <= most.train;
  const rare = tested(classes.filter(isRare));
  const others = tested(classes.filter((one) => !isRare(one)));
  const [, high] = differenceInterval(others, rare);
  if (rare.images === 0 || others.images === 0 || high >= 0) return null;
  const who = classes.filter(isRare).length;
  return {
    about: "imbalance",
    text: `The classes are imbalanced: of the ${who} with at most a third of the ${most.train} images that ${named(most.name)} has to train on, ${percent(rare.accuracy)} of ${rare.images} test images are right, of the others ${percent(others.accuracy)} of ${others.images}; ${remedy}.`,
  };
}

function extremes(classes: readonly ClassFacts[]): readonly [ClassFacts | undefined, ClassFacts | undefined] {
  const sorted = [...classes].sort((a, b) => b.train - a.train);
  return [sorted[0], sorted.at(-1)];
}

function tested(classes: readonly ClassFacts[]) {
  const sum = (of: "right" | "images") => classes.reduce((total, { tested }) => total + (tested?.[of] ?? 0), 0);
  return shareOf(sum("right"), sum("images"));
}

/** Where a model is given pictures that were enlarged a lot: there is nothing more to see on them, and all of it to compute. */
export function imagesTooSmall(
  { shorter, looked }: PictureFacts,
  { role, resize, crop, size }: InputFacts,
): Advice | null {
  const seen = size ?? crop;
  // Of the picture the part that is left when the middle has been taken, in its own pixels.
  const own = (shorter * crop) / resize;
  if (!(seen >= ENLARGED * own)) return null;
  const setting =
    size === null
      ? `--set input.resize=${shorter} --set input.crop=${Math.round(own)}`
      : `--set models.${role}.input.size=${Math.round(own)}`;
  return {
    about: "small-images",
    text: `The images are smaller than the input: in the median of ${looked} they have ${shorter} px on the shorter side, and ${role} sees ${seen} px where there are ${Math.round(own)}, ${(seen / own).toFixed(1)} times enlarged; smaller inputs show as much and cost less: ${setting}.`,
  };
}
