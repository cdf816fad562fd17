/** How many images have their class among the few most probable ones. */
import { z } from "zod";
import { describeOptions, type Entry, type Metric, type OptionsOf, rankOf } from "../../core/index.js";
import { count } from "../layers/option-types.js";

const schema = z.object({ k: count.default(5).describe("Guesses that each image has.") });

export type TopKOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Metrics {
    /** `top5Accuracy`, or of as many guesses as `k` says, in percent. */
    "top-5": TopKOptions;
  }
}

export const topFive: Entry<TopKOptions, Metric> = {
  ...describeOptions("metric top-5", schema),
  create: ({ k }) => topK(k),
};

/**
 * The share of images whose class is among those of the `k` largest logits, in percent; of equal logits the earlier class
 * comes first. An image whose own logit is NaN counts as wrong.
 */
function topK(k: number): Metric {
  return {
    begin: () => {
      let right = 0;
      let total = 0;
      return {
        add: ({ images, classes, logits, labels }) => {
          total += images;
          labels.forEach((label, row) => {
            if (rankOf(label, logits.subarray(row * classes, (row + 1) * classes)) < k) right += 1;
          });
        },
        result: () => ({ [`top${k}Accuracy`]: total === 0 ? Number.NaN : (100 * right) / total }),
      };
    },
  };
}
