/** The engines that tfjs-core's own test suite can run on, by the name given to `--engine`. */
import * as tf from "@tensorflow/tfjs";

export interface ConformanceEngine {
  /** tfjs' name of the backend that the engine registers. */
  readonly backendName: string;
  /** Registers the backend with all its kernels. The suite resets tfjs' engine and activates the backend by name. */
  start(): Promise<void>;
}

export const engines: Readonly<Record<string, ConformanceEngine>> = {
  cpu: {
    backendName: "cpu",
    async start() {
      await tf.setBackend("cpu");
    },
  },
  wasm: {
    backendName: "wasm",
    async start() {
      const { startWasm } = await import("../../plugins/engines/wasm/index.js");
      await startWasm();
    },
  },
  onednn: {
    backendName: "onednn",
    async start() {
      const { startOnednn } = await import("../../plugins/engines/onednn/index.js");
      await startOnednn();
    },
  },
  /** tfjs' wasm backend without our kernels, to tell its failures from ours. */
  "wasm-stock": {
    backendName: "wasm",
    async start() {
      await import("@tensorflow/tfjs-backend-wasm");
      await tf.setBackend("wasm");
    },
  },
};
