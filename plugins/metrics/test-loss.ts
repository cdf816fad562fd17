/** The loss on images that nobody trained on. */
import type { Entry, Metric } from "../../core/index.js";

declare module "../../core/index.js" {
  interface Metrics {
    /** `testLoss`, in nats. */
    "test-loss": {};
  }
}

/**
 * The mean of −log p(true class), the cross-entropy of plain labels, in nats: log Σⱼ exp zⱼ − z of the true class, in double
 * precision. What a stage minimises (smoothed labels, a teacher) does not come into it, so that runs can be compared.
 */
export const testLoss: Entry<object, Metric> = {
  defaults: {},
  create: () => ({
    begin: () => {
      let sum = 0;
      let total = 0;
      return {
        add: ({ images, classes, logits, labels }) => {
          total += images;
          labels.forEach((label, row) => {
            sum += surprise(logits.subarray(row * classes, (row + 1) * classes), label);
          });
        },
        result: () => ({ testLoss: sum / total }),
      };
    },
  }),
};

function surprise(logits: Float32Array, label: number): number {
  const highest = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const total = logits.reduce((sum, value) => sum + Math.exp(value - highest), 0);
  return highest + Math.log(total) - (logits[label] as number);
}
