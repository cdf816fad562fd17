/** The metric that every run has: how many of the images are given their class. */
import type { Entry } from "../registries/entry.js";
import type { Metric } from "./metric.js";

/** `accuracy`: the share of images whose class has the largest logit, in percent. */
export const topOne: Metric = {
  begin: () => {
    let images = 0;
    let right = 0;
    return {
      add: ({ predictions, labels }) => {
        images += labels.length;
        labels.forEach((label, row) => {
          if (predictions[row] === label) right += 1;
        });
      },
      result: () => ({ accuracy: images === 0 ? Number.NaN : (100 * right) / images }),
    };
  },
};

/** What `evaluation.metrics: [{ name: "top-1" }]` stands for. */
export const topOneEntry: Entry<object, Metric> = { defaults: {}, create: () => topOne };
