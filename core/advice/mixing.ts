/** Whether mixing keeps a network from learning what it is shown. */
import { type Comparison, comparePaired } from "../measures/paired.js";
import { namedList } from "../values/words.js";
import type { Advice, Contestant, RunFacts } from "./facts.js";
import { quoted, rights, SIGNIFICANT } from "./words.js";

/** A network that was trained with mixed images, and the same one that was trained as long without. */
export interface MixedPair {
  readonly plain: Contestant;
  readonly mixed: Contestant;
  /** Who taught the mixed one, where the plain one had no teacher; `null`: they differ in mixing alone. */
  readonly teacher: Contestant | null;
}

/** Every pair that differs in mixing, and in nothing else but a teacher that was asked as well. */
export function mixedPairs({ contestants }: Pick<RunFacts, "contestants">): readonly MixedPair[] {
  const [teacher = null] = contestants.filter(({ part }) => part === "teacher");
  const students = contestants.filter(({ part }) => part !== "teacher");
  return students
    .filter(({ mixes }) => mixes.length > 0)
    .flatMap((mixed) =>
      students
        .filter(
          ({ mixes, network, epochs }) => mixes.length === 0 && network === mixed.network && epochs === mixed.epochs,
        )
        .filter((plain) => plain.part === mixed.part || (mixed.part === "taught" && teacher !== null))
        .map((plain) => ({ plain, mixed, teacher: plain.part === mixed.part ? null : teacher })),
    );
}

/**
 * Where the mixed one knows fewer of the images that both were trained on, and is not better on test images for it: that is what
 * mixing is for. Where a teacher taught it, that must know these images as well as the plain one does: else it may be the teacher
 * that keeps it from them.
 */
export function mixingUnderfits(
  { plain, mixed, teacher }: MixedPair,
  { labels, trainLabels }: Pick<RunFacts, "labels" | "trainLabels">,
): Advice | null {
  if (!plain.train || !mixed.train || trainLabels.length === 0) return null;
  const seen = comparePaired({ labels: trainLabels, first: plain.train, second: mixed.train });
  const unseen = comparePaired({ labels, first: plain.test, second: mixed.test });
  if (!isWorse(seen) || isBetter(unseen)) return null;
  if (
    teacher &&
    (!teacher.train || isWorse(comparePaired({ labels: trainLabels, first: plain.train, second: teacher.train })))
  )
    return null;
  const [without, withMixing] = rights(seen);
  const [test, mixedTest] = rights(unseen);
  return {
    about: "mixing",
    text: `Mixing (${namedList(mixed.mixes, 3)}) keeps the student from fitting: ${quoted(mixed.name)} gets ${withMixing} of the ${seen.images} images right that it was trained on, ${quoted(plain.name)} ${without} without mixing, and on test images it is no better for it (${mixedTest} and ${test}); train longer (--set stages.${mixed.stage}.epochs=${2 * mixed.epochs}), or mix nothing (--set stages.${mixed.stage}.augmenters=[]).`,
  };
}

const isWorse = ({ p, difference }: Comparison) => p < SIGNIFICANT && difference < 0;
const isBetter = ({ p, difference }: Comparison) => p < SIGNIFICANT && difference > 0;
