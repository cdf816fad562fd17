/** How much the images of each class count, so that a loss heeds rare classes. */
import { invalidOption } from "../../core/index.js";

/** From which number the weights of classes follow. */
export type Balance = "none" | "inverse" | "effective";

/**
 * One weight for each class, their mean over the images being 1, so that the loss keeps its size and the learning rate its
 * meaning. With n_c images of class c:
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
export function weightsOf(how: Exclude<Balance, "none">, counts: readonly number[], beta: number): readonly number[] {
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
    "List them in label order, or set balance to inverse or effective.",
  );
}

/** @throws FGKD_INVALID_OPTION when weights are given and a rule for them, too */
export function checkOne(owner: string, balance: Balance, given: readonly number[] | null): void {
  if (given && balance !== "none")
    throw invalidOption(owner, "balance", "none beside classWeights", balance, "Leave one of the two out.");
}
