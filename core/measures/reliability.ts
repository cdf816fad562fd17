/** Whether a model is right as often as it is sure: confidence in bins, each beside the accuracy of its images. */

/** The images whose largest probability lies above `from` and at most at `to`. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly images: number;
  /** Share of them that is right, in percent; NaN where there is none. */
  readonly accuracy: number;
  /** Mean of their largest probabilities, in percent; NaN where there is none. */
  readonly confidence: number;
}

export interface Calibration {
  /** Expected calibration error, in percent; NaN where a probability is, or where there is no image. */
  readonly error: number;
  /** Mean confidence, in percent: above the accuracy of a model that is surer than it is right. */
  readonly confidence: number;
  readonly bins: readonly ReliabilityBin[];
}

export interface Reliability {
  /** @param confidence the probability of the answer, 0 to 1 */
  add(confidence: number, isRight: boolean): void;
  result(): Calibration;
}

/** As many as Guo et al. take. */
export const usualBins = 15;

/**
 * Expected calibration error (Guo et al., On Calibration of Modern Neural Networks, ICML 2017, equation 3), in percent:
 * Σₘ |Bₘ|/n · |acc(Bₘ) − conf(Bₘ)|, where Bₘ holds the images whose largest probability lies in ((m − 1)/M, m/M], acc is the
 * share of them that is right and conf the mean of these probabilities.
 *
 * @param count of bins, all as wide. Default {@link usualBins}
 */
export function createReliability(count = usualBins): Reliability {
  let total = 0;
  const sums = Array.from({ length: count }, () => ({ images: 0, right: 0, confidence: 0 }));
  return {
    add: (confidence, isRight) => {
      const bin = sums[Math.max(0, Math.ceil(confidence * count) - 1)];
      // A probability of NaN lies in no bin, and leaves nothing to tell.
      total += bin ? 1 : Number.NaN;
      if (!bin) return;
      bin.images += 1;
      bin.confidence += confidence;
      if (isRight) bin.right += 1;
    },
    result: () => {
      const apart = sums.reduce((sum, { right, confidence }) => sum + Math.abs(right - confidence), 0);
      const sure = sums.reduce((sum, { confidence }) => sum + confidence, 0);
      const bins = sums.map(({ images, right, confidence }, at) => ({
        from: at / count,
        to: (at + 1) / count,
        images,
        accuracy: (100 * right) / images,
        confidence: (100 * confidence) / images,
      }));
      return { error: (100 * apart) / total, confidence: (100 * sure) / total, bins };
    },
  };
}
