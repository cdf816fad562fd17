import * as tf from "@tensorflow/tfjs";
import { definePlugin } from "../../../../core/index.js";

declare module "../../../../core/index.js" {
  interface Engines {
    abacus: { readonly rows?: number };
  }
}

export const abacus = definePlugin({
  name: "abacus",
  defaults: {},
  register: ({ engines }) =>
    engines.register("abacus", {
      defaults: { rows: 10 },
      create: ({ rows }) => ({
        name: "abacus",
        priority: 50,
        capabilities: { deterministic: true, threads: 1 },
        options: { rows },
        check: async () => ({ available: true, detail: `${rows} rows of beads`, version: "1.0" }),
        start: async () => {
          // Here an engine of its own would first call tf.registerBackend and tf.registerKernel.
          await tf.setBackend("cpu");
        },
      }),
    }),
});