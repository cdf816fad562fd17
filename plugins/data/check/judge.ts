/** What a look at a data set means for whoever trains on it. */
import { type DataReport, type Duplicates, namedList, type Split, splits } from "../../../core/index.js";
import { nearlyOne } from "../folder/class-names.js";
import { splitName } from "../folder/split-names.js";
import { crossesClasses, crossesSplits } from "./duplicates.js";

/** From here on the rarest class is told. */
const UNEVEN = 3;
/** Names that one sentence shows. */
const NAMED = 3;

type Found = Pick<DataReport, "classes" | "corrupt" | "duplicates" | "imbalance" | "banner" | "counts">;

/** Sentences on what makes training on the data worthless or impossible; none where nothing does. */
export function whatSpoils({ classes, corrupt, duplicates, counts }: Found): readonly string[] {
  const exact = duplicates.filter(({ alike }) => alike === "exactly");
  const across = exact.filter(crossesSplits);
  const torn = exact.filter(crossesClasses);
  const without = counts.train === 0 ? [] : classes.filter(({ images }) => images.train === 0);
  const untested = counts.test === 0 ? [] : classes.filter(({ images }) => images.test === 0);
  const [bad] = corrupt;
  return [
    ...(bad ? [`${many(corrupt.length, "file")} cannot be used: ${bad.path} ${bad.problem}.`] : []),
    ...(without.length > 0
      ? [`${many(without.length, "class")} without an image to train on: ${someOf(without.map(({ name }) => name))}.`]
      : []),
    ...(untested.length > 0
      ? [`${many(untested.length, "class")} without a test image: ${someOf(untested.map(({ name }) => name))}.`]
      : []),
    ...(classes.length < 2 ? ["There is one class only: hand over the folder that holds the class folders."] : []),
    ...(across.length > 0
      ? [
          `${many(across.length, "image")} in several splits, byte for byte: ${firstOf(across)}. Tests would measure memory.`,
        ]
      : []),
    ...(torn.length > 0
      ? [`${many(torn.length, "image")} in several classes, byte for byte: ${firstOf(torn)}. One label is wrong.`]
      : []),
  ];
}

/** Sentences on what one should know, none of which keeps anybody from training. */
export function whatToNote(found: Found): readonly string[] {
  const { classes, duplicates, imbalance, banner } = found;
  const within = duplicates.filter(
    (group) => group.alike === "exactly" && !crossesSplits(group) && !crossesClasses(group),
  );
  const near = duplicates.filter(({ alike }) => alike === "nearly");
  const nearAcross = near.filter(crossesSplits);
  return [
    ...(imbalance !== null && imbalance >= UNEVEN
      ? [
          `One class has ${imbalance.toFixed(1)} times the images of another: cross-entropy can weigh classes (balance: inverse), the source can draw them evenly (sampler: balanced), and macro accuracy counts them alike.`,
        ]
      : []),
    ...(within.length > 0 ? [`${many(within.length, "image")} several times in one class: ${firstOf(within)}.`] : []),
    ...(nearAcross.length > 0
      ? [
          `${many(nearAcross.length, "image")} in several splits as far as one can see: ${firstOf(nearAcross)}. Look at them.`,
        ]
      : []),
    ...(near.length > nearAcross.length
      ? [`${many(near.length - nearAcross.length, "more group")} of images that look alike within one split.`]
      : []),
    ...(banner
      ? [
          `${Math.round(100 * banner.share)} % of the pictures end with a strip of ${banner.rows} rows that is no photograph: cut it off, or a model may read it.`,
        ]
      : []),
    ...namesToNote(classes.map(({ name }) => name)),
  ];
}

function namesToNote(names: readonly string[]): readonly string[] {
  const splitLike = names.filter((name) => splitName(name)?.rest === "");
  const padded = names.filter((name) => name !== name.trim());
  const bare = (name: string) => name.toLowerCase().replaceAll(/[\s_.-]+/g, "");
  const loose = nearlyOne(names, bare);
  return [
    ...loose.map(([one, other]) => `Classes "${one}" and "${other}" have nearly the same name: are they one?`),
    ...(splitLike.length > 0 ? [`A class is called like a split: ${someOf(splitLike)}.`] : []),
    ...(padded.length > 0
      ? [`Names of classes begin or end with a space: ${someOf(padded.map((name) => `"${name}"`))}.`]
      : []),
  ];
}

function firstOf([group]: readonly Duplicates[]): string {
  const { images } = group as Duplicates;
  const [one, ...others] = images;
  const differs = (key: "split" | "className") => others.find((other) => other[key] !== one?.[key]);
  return `${one?.path} and ${(differs("split") ?? differs("className") ?? others[0])?.path}`;
}

function someOf(names: readonly string[]): string {
  return namedList(names, NAMED);
}

function many(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : noun.endsWith("s") ? "es" : "s"}`;
}

/** Of each split none yet. */
export function noImages(): Record<Split, number> {
  return Object.fromEntries(splits.map((split) => [split, 0])) as Record<Split, number>;
}
