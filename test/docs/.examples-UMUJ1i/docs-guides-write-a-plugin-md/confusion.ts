// confusion.ts
import { definePlugin, scoresOf } from "../../../../core/index.js";

declare module "../../../../core/index.js" {
  interface Metrics {
    "confusion-of": { readonly classes: readonly [string, string] };
  }
}

/** Registers `confusion-of`: the share of images of the first class that are taken for the second, in percent. */
export const confusion = definePlugin({
  name: "confusion",
  defaults: {},
  register({ metrics }) {
    metrics.register("confusion-of", {
      defaults: {},
      required: ["classes"],
      create: ({ classes: pair }) => ({
        begin: (names) => {
          const [from, to] = pair.map((name) => names.indexOf(name));
          let [images, confused] = [0, 0];
          return {
            add: ({ labels, predictions }) =>
              labels.forEach((label, row) => {
                if (label !== from) return;
                images += 1;
                if (predictions[row] === to) confused += 1;
              }),
            result: () => ({ confusion: (100 * confused) / images }),
          };
        },
      }),
    });
  },
});

/** A batch by hand, as a test of a metric has it: two images, two classes; both are guessed to be the second. */
export const scores = scoresOf(Float32Array.of(0, 1, 0, 2), Int32Array.of(0, 1), [0, 1]);