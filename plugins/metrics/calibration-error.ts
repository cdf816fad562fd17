/** How far a model's confidence is from how often it is right. */
import { z } from "zod";
import {
  createReliability,
  describeOptions,
  type Entry,
  type Metric,
  type OptionsOf,
  usualBins,
} from "../../core/index.js";
import { count } from "../layers/option-types.js";

const schema = z.object({ bins: count.max(10_000).default(usualBins).describe("Of confidence, all as wide.") });

export type CalibrationErrorOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Metrics {
    /** `calibrationError`, in percent. */
    "calibration-error": CalibrationErrorOptions;
  }
}

/** Expected calibration error, in percent, as `createReliability` has it. NaN where a probability is. */
export const calibrationError: Entry<CalibrationErrorOptions, Metric> = {
  ...describeOptions("metric calibration-error", schema),
  create: ({ bins }) => ({
    begin: () => {
      const reliability = createReliability(bins);
      return {
        add: ({ classes, probabilities, predictions, labels }) =>
          labels.forEach((label, row) => {
            const guess = predictions[row] as number;
            reliability.add(probabilities[row * classes + guess] as number, guess === label);
          }),
        result: () => ({ calibrationError: reliability.result().error }),
      };
    },
  }),
};
