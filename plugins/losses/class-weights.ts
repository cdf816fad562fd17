/** How much the images of each class count, so that a loss heeds rare classes. */
import { invalidOption } from "../../core/index.js";

/**
 * How weights come about: all 1; by the inverse of a class's images; by its effective number of images; or as given, one for
 * each class in label order.
 */
export type ClassWeights = "none" | "inverse" | "effective" | readonly number[];

/**
 * One weight for each class, their mean over the images being 1, so that the loss keeps its size and the learning rate its
 * meaning; those given are taken as they are. With n_c images of class c:
 *
 * - `inverse`: 1 / n_c.
 * - `effective`: (1 − β) / (1 − β^n_c).
 *
 * A class without images has weight 0.
 *
 * @param counts images of each class
 * @param beta of `effective`, in [0, 1): 0 weighs all classes alike, towards 1 it becomes `inverse`
 * @see Cui et al., "Class-Balanced Loss Based on Effective Number of Samples", 2019, equation 4
 */
export function weightsOf(how: "inverse" | "effective", counts: readonly number[], beta: number): readonly number[] {
  const raw = counts.map((count) => {
    if (count === 0) return 0;
    return how === "inverse" ? 1 / count : (1 - beta) / (1 - beta ** count);
  });
  const images = counts.reduce((sum, count) => sum + count, 0);
  const total = raw.reduce((sum, weight, at) => sum + weight * (counts[at] as number), 0);
  return raw.map((weight) => (weight * images) / total);
}

/** @throws FGKD_INVALID_OPTION when there are not as many as classes */
export function checkGiven(owner: string, weights: readonly number[], classes: number): readonly number[] {
  if (weights.length === classes) return weights;
  throw invalidOption(
    owner,
    "classWeights",
    `one weight for each of ${classes} classes`,
    weights.length,
    "List them in label order, or say inverse or effective.",
  );
}
