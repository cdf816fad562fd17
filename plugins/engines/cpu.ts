/** The `cpu` engine: TensorFlow.js in plain JavaScript. Slow; the reference that the other engines are tested against. */
import * as tf from "@tensorflow/tfjs";
import type { Engine } from "../../core/index.js";

export function cpuEngine(): Engine {
  return {
    name: "cpu",
    priority: 10,
    capabilities: { deterministic: true },
    check: async () => ({
      available: true,
      detail: `tfjs ${tf.version.tfjs}, plain JavaScript, for tests and tiny networks`,
    }),
    start: async () => {
      // Its first use prints advice to install a faster backend; fgkd doctor gives that.
      tf.enableProdMode();
      await tf.setBackend("cpu");
      await tf.ready();
    },
  };
}
