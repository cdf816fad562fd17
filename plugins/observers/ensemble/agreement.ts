/** How members of an ensemble differ: in what they say, and in where they look. Plain arithmetic on arrays. */

/** Every pair of `0 … count-1`, each once. */
function pairs(count: number): readonly (readonly [number, number])[] {
  return Array.from({ length: count }, (_, second) =>
    Array.from({ length: second }, (_, first) => [first, second] as const),
  ).flat();
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * How often two members say different things: the mean over pairs, in percent.
 *
 * @param predictions of each member, the class of each image
 */
export function pairwiseDisagreement(predictions: readonly ArrayLike<number>[]): number {
  const images = predictions[0]?.length ?? 0;
  const shares = pairs(predictions.length).map(([first, second]) => {
    const [one, other] = [predictions[first] as ArrayLike<number>, predictions[second] as ArrayLike<number>];
    return Array.from(one).filter((label, image) => label !== other[image]).length / images;
  });
  return 100 * mean(shares);
}

/** Standardised attention maps of a few images. */
export interface Maps {
  /** Member after member, image after image, position after position. */
  readonly values: ArrayLike<number>;
  readonly members: number;
  readonly images: number;
  readonly positions: number;
}

/** Of each image, the mean over pairs of members of the correlation (Pearson's) of their maps. */
export function mapCorrelations({ values, members, images, positions }: Maps): readonly number[] {
  const at = (member: number, image: number, position: number) =>
    values[(member * images + image) * positions + position] as number;
  return Array.from({ length: images }, (_, image) =>
    mean(
      pairs(members).map(([first, second]) => {
        let sum = 0;
        for (let p = 0; p < positions; p++) sum += at(first, image, p) * at(second, image, p);
        // The maps have mean 0 and unbiased deviation 1.
        return sum / Math.max(1, positions - 1);
      }),
    ),
  );
}

/** Below this distance from its mean, in standard deviations, a teacher is blind: it neither attends nor ignores. */
const blind = 0.5;

/**
 * Of each image, the share of the places with high responses (above the mean) of the last member that lie where an
 * earlier member is blind; the mean over earlier members, in percent.
 */
export function blindShares({ values, members, images, positions }: Maps): readonly number[] {
  const student = members - 1;
  const at = (member: number, image: number, position: number) =>
    values[(member * images + image) * positions + position] as number;
  return Array.from({ length: images }, (_, image) => {
    const high = Array.from({ length: positions }, (_, p) => p).filter((p) => at(student, image, p) > 0);
    const shares = Array.from({ length: student }, (_, teacher) => {
      const seen = high.filter((p) => Math.abs(at(teacher, image, p)) < blind).length;
      return high.length > 0 ? seen / high.length : 0;
    });
    return 100 * mean(shares);
  });
}
