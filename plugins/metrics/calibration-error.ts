/** How far a model's confidence is from how often it is right. */
import { z } from "zod";
import { describeOptions, type Entry, type Metric, type OptionsOf } from "../../core/index.js";
import { count } from "../layers/option-types.js";

const schema = z.object({ bins: count.max(10_000).default(15).describe("Of confidence, all as wide.") });

export type CalibrationErrorOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Metrics {
    /** `calibrationError`, in percent. */
    "calibration-error": CalibrationErrorOptions;
  }
}

/** Of one bin: sums over its images. */
interface Bin {
  right: number;
  confidence: number;
}

/**
 * Expected calibration error (Guo et al., On Calibration of Modern Neural Networks, ICML 2017, equation 3), in percent:
 * Σₘ |Bₘ|/n · |acc(Bₘ) − conf(Bₘ)|, where Bₘ holds the images whose largest probability lies in ((m − 1)/M, m/M], acc is the
 * share of them that is right and conf the mean of these probabilities. NaN where a probability is.
 */
export const calibrationError: Entry<CalibrationErrorOptions, Metric> = {
  ...describeOptions("metric calibration-error", schema),
  create: ({ bins: count }) => ({
    begin: () => {
      let total = 0;
      const bins = Array.from({ length: count }, (): Bin => ({ right: 0, confidence: 0 }));
      return {
        add: ({ classes, probabilities, predictions, labels }) =>
          labels.forEach((label, row) => {
            const guess = predictions[row] as number;
            const confidence = probabilities[row * classes + guess] as number;
            const bin = bins[Math.max(0, Math.ceil(confidence * count) - 1)];
            // A probability of NaN lies in no bin, and leaves nothing to tell.
            total += bin ? 1 : Number.NaN;
            if (bin) bin.confidence += confidence;
            if (bin && guess === label) bin.right += 1;
          }),
        result: () => {
          const apart = bins.reduce((sum, { right, confidence }) => sum + Math.abs(right - confidence), 0);
          return { calibrationError: (100 * apart) / total };
        },
      };
    },
  }),
};
