/** Weights of an ensemble's members, fitted to images whose classes are known. */

/** No weight moves by more than this any more. */
const settled = 1e-7;
const mostRounds = 10_000;

/**
 * The weights, 0 or more with sum 1, with which the members' weighted mean of probabilities makes the true classes most
 * likely. Expectation maximisation from equal weights: each round raises the likelihood, and there is one maximum.
 *
 * Fit on images that no member was trained on: on those of the training, the member that knows them by heart wins.
 *
 * @param probabilities of each member, one for each image: the probability that it gives the true class
 * @see "Maximum Likelihood from Incomplete Data via the EM Algorithm", 1977
 */
export function fitWeights(probabilities: readonly ArrayLike<number>[]): readonly number[] {
  const images = probabilities[0]?.length ?? 0;
  let weights = probabilities.map(() => 1 / probabilities.length);
  for (let round = 0; round < mostRounds && images > 0; round++) {
    const shares = probabilities.map(() => 0);
    for (let image = 0; image < images; image++) {
      const parts = probabilities.map((member, index) => (member[image] as number) * (weights[index] as number));
      const whole = parts.reduce((sum, part) => sum + part, 0);
      // An image that no member holds possible tells nothing about their weights.
      parts.forEach((part, index) => {
        shares[index] = (shares[index] as number) + (whole > 0 ? part / whole : (weights[index] as number));
      });
    }
    const next = shares.map((share) => share / images);
    const moved = Math.max(...next.map((weight, index) => Math.abs(weight - (weights[index] as number))));
    weights = next;
    if (moved < settled) break;
  }
  return weights;
}
