/** An engine, in plain JavaScript: TensorFlow.js' own `cpu` backend under another name. */
import * as tf from "@tensorflow/tfjs";
import { definePlugin } from "fgkd";

export const abacus = definePlugin({
  name: "abacus",
  defaults: {},
  register({ engines }) {
    engines.register("abacus", {
      defaults: { beads: 10 },
      create: ({ beads }) => ({
        name: "abacus",
        priority: 100,
        capabilities: { deterministic: true },
        options: { beads },
        check: async () => ({ available: true, detail: `${beads} beads on each rod`, version: "1" }),
        start: async () => {
          tf.registerBackend("abacus", tf.findBackendFactory("cpu"));
          tf.copyRegisteredKernels("cpu", "abacus");
          await tf.setBackend("abacus");
        },
      }),
    });
  },
});
