/** A metric, in plain JavaScript: how many of the classes are guessed at all. */
import { definePlugin } from "fgkd";

export const variety = definePlugin({
  name: "variety",
  defaults: {},
  register({ metrics }) {
    metrics.register("variety", {
      defaults: {},
      create: () => ({
        begin: () => {
          const guessed = new Set();
          return {
            add: ({ predictions }) => {
              for (const prediction of predictions) guessed.add(prediction);
            },
            result: () => ({ variety: guessed.size }),
          };
        },
      }),
    });
  },
});
