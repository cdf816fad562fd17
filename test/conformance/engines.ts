/** The engines that tfjs-core's own test suite can run on, by the name given to `--engine`. */
import * as tf from "@tensorflow/tfjs";

export interface ConformanceEngine {
  /** tfjs' name of the backend that the engine registers. */
  readonly backendName: string;
  /** Whether tensors can be read at once; else the tests that do so are left out, as tfjs leaves them out. Default true. */
  readonly readsAtOnce?: boolean;
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
  "onednn-bf16": {
    backendName: "onednn",
    async start() {
      const { startOnednn } = await import("../../plugins/engines/onednn/index.js");
      await startOnednn({ precision: "bf16" });
    },
  },
  webgpu: {
    backendName: "webgpu",
    readsAtOnce: false,
    async start() {
      const { startGpu } = await import("../support/gpu.js");
      await startGpu();
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
  /** tfjs' backend for WebGPU without our kernels and our memory, likewise. */
  "webgpu-stock": {
    backendName: "webgpu",
    readsAtOnce: false,
    async start() {
      const { useGpu } = await import("../support/gpu.js");
      const { chooseAdapter } = await import("../../plugins/engines/webgpu/adapters.js");
      const { openDevice } = await import("../../plugins/engines/webgpu/device.js");
      useGpu();
      const adapter = await chooseAdapter(null);
      const device = await openDevice(adapter);
      const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
      tf.removeBackend("webgpu");
      tf.registerBackend("webgpu", () => new WebGPUBackend(device, adapter.adapter.info));
      await tf.setBackend("webgpu");
    },
  },
};
