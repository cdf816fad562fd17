/** Accuracy in which every class counts the same, however many images it has. */
import type { Entry, Metric } from "../../core/index.js";

declare module "../../core/index.js" {
  interface Metrics {
    /** `macroAccuracy`, in percent. */
    "macro-accuracy": {};
  }
}

/** The mean of the classes' accuracies, in percent; a class without an image does not count. */
export const macroAccuracy: Entry<object, Metric> = {
  defaults: {},
  create: () => ({
    begin: () => {
      const images = new Map<number, number>();
      const right = new Map<number, number>();
      const count = (counts: Map<number, number>, label: number) =>
        void counts.set(label, (counts.get(label) ?? 0) + 1);
      return {
        add: ({ labels, predictions }) =>
          labels.forEach((label, row) => {
            count(images, label);
            if (predictions[row] === label) count(right, label);
          }),
        result: () => {
          const shares = [...images].map(([label, of]) => (right.get(label) ?? 0) / of);
          return { macroAccuracy: (100 * shares.reduce((sum, share) => sum + share, 0)) / shares.length };
        },
      };
    },
  }),
};
