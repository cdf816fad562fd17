/** Methods that run into trouble, or have more than one engine. */
import * as tf from "@tensorflow/tfjs";
import { definePlugin, definePreset, workerFailed } from "../../../core/index.js";
import { toyPreset } from "../../core/cli/world.js";
import { toySource } from "../../support/toy.js";

/** What a plugin of `toy` throws in its n-th step; nothing any more once it has. */
export function failsOnce(step: number, cause: () => Error | undefined) {
  let seen = 0;
  return definePreset({
    ...toyPreset,
    plugins: [
      toyPreset.plugins,
      definePlugin({
        name: "fails-once",
        defaults: {},
        apply: ({ hooks }) =>
          hooks.loss.tap("fails-once", (terms) => {
            seen += 1;
            if (seen !== step) return terms;
            const error = cause();
            if (error) throw error;
            return { ...terms, broken: tf.scalar(Number.NaN) };
          }),
      })(),
    ],
  });
}

/** Needs more memory than there is with many threads. */
export const hungry = definePreset({
  ...toyPreset,
  plugins: [
    toyPreset.plugins,
    definePlugin({
      name: "hungry",
      defaults: {},
      register({ sources }) {
        (sources.register as (name: string, entry: object) => void)("hungry", {
          defaults: { workers: 8 },
          create: ({ workers }: { readonly workers: number }) => {
            const source = toySource(12);
            const batches: typeof source.batches = (pass) => {
              // As the pool of threads says it: memory of threads cannot be filled here at will.
              const remedy = "Use fewer threads (--workers) or a smaller cacheBytes.";
              if (workers > 1)
                throw workerFailed("source hungry", "a thread that prepares images ran out of memory", remedy);
              return source.batches(pass);
            };
            return { open: async () => ({ ...source, batches }) };
          },
        });
      },
    })(),
  ],
  defaults: { ...toyPreset.defaults, data: { name: "hungry" } as never },
});

/** Plain JavaScript under two names. */
export const twoEngines = definePreset({
  ...toyPreset,
  plugins: [
    toyPreset.plugins,
    definePlugin({
      name: "two-engines",
      defaults: {},
      register({ engines }) {
        (engines.register as (name: string, entry: object) => void)("chip", {
          defaults: {},
          create: () => ({
            name: "chip",
            // What a run takes that is not told.
            priority: 1,
            check: async () => ({ available: true, detail: "plain JavaScript" }),
            start: async () => void (await tf.setBackend("cpu")),
          }),
        });
      },
    })(),
  ],
});
