/** What a loss did while the learning rate rose from step to step, and which rate that speaks for. */

/** The loss of a step that was taken at a rate. */
export interface RatedLoss {
  readonly learningRate: number;
  readonly loss: number;
}

export interface FoundRates {
  /** The same steps, each with the mean of the losses around it. */
  readonly smoothed: readonly RatedLoss[];
  /** Where the loss fell fastest as the rate rose. `null` where it never fell by more than it scatters. */
  readonly suggested: number | null;
  /** Where it was lowest. */
  readonly lowest: number | null;
  /** Whether it rose again before the end: else a higher rate may be as good. */
  readonly rises: boolean;
}

/** The mean of the losses around a step still scatters; of pure chance it hardly falls by so many times what single losses do. */
const SCATTER = 1.5;

/** A loss that has risen above the lowest by half of all that it had fallen rises. */
const RISEN = 0.5;

/**
 * @param steps in the order of their rates; what follows the first loss that is no finite number is left out
 * @see Smith, Cyclical Learning Rates for Training Neural Networks, WACV 2017, section 3.3
 */
export function findRates(steps: readonly RatedLoss[]): FoundRates {
  const end = steps.findIndex(({ loss }) => !Number.isFinite(loss));
  const finite = end < 0 ? steps : steps.slice(0, end);
  const smoothed = smooth(finite);
  const at = smoothed.reduce((least, { loss }, step) => (loss < (smoothed[least]?.loss as number) ? step : least), 0);
  const [first, best, last] = [smoothed[0], smoothed[at], smoothed.at(-1)];
  if (!first || !best || !last || first.loss - best.loss <= SCATTER * scatter(finite, smoothed) + 1e-9)
    return { smoothed, suggested: null, lowest: null, rises: end >= 0 };
  return {
    smoothed,
    suggested: steepestBefore(smoothed, at),
    lowest: best.learningRate,
    rises: end >= 0 || last.loss - best.loss > RISEN * (first.loss - best.loss),
  };
}

/** Weighted by a bell of a twenty-fifth of the steps: to both sides alike, so that nothing seems to happen later than it does. */
function smooth(steps: readonly RatedLoss[]): readonly RatedLoss[] {
  const width = Math.max(1, steps.length / 25);
  const reach = Math.ceil(3 * width);
  return steps.map(({ learningRate }, at) => {
    let [sum, weights] = [0, 0];
    for (let other = Math.max(0, at - reach); other <= Math.min(steps.length - 1, at + reach); other++) {
      const weight = Math.exp(-((other - at) ** 2) / (2 * width * width));
      sum += weight * (steps[other]?.loss as number);
      weights += weight;
    }
    return { learningRate, loss: sum / weights };
  });
}

/** Of the losses around their mean, over the first half: later on they scatter since the rate is too high. */
function scatter(steps: readonly RatedLoss[], smoothed: readonly RatedLoss[]): number {
  const half = steps.slice(0, Math.max(2, Math.floor(steps.length / 2)));
  const squares = half.map(({ loss }, at) => (loss - (smoothed[at]?.loss as number)) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / half.length);
}

/** Rates rise by one factor, so that differences between steps are slopes by the logarithm of the rate. */
function steepestBefore(smoothed: readonly RatedLoss[], end: number): number | null {
  let [steepest, rate]: [number, number | null] = [0, null];
  for (let at = 1; at < end; at++) {
    const slope = (smoothed[at + 1]?.loss as number) - (smoothed[at - 1]?.loss as number);
    if (slope < steepest) [steepest, rate] = [slope, smoothed[at]?.learningRate as number];
  }
  return rate;
}
