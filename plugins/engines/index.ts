/** The engines that fgkd brings. */
import { definePlugin } from "../../core/index.js";
import { cpuEngine } from "./cpu.js";
import type { OnednnOptions } from "./onednn/index.js";
import { onednnEngine, onednnOptions } from "./onednn.js";
import { tensorflowEngine } from "./tensorflow.js";
import { wasmEngine } from "./wasm.js";
import type { WebgpuOptions } from "./webgpu/index.js";
import { webgpuEngine, webgpuOptions } from "./webgpu.js";

declare module "../../core/index.js" {
  interface Engines {
    /** Any vendor's GPU, through WebGPU. */
    webgpu: WebgpuOptions;
    /** TensorFlow's own library: NVIDIA GPUs, or native CPU. */
    tensorflow: {};
    /** Native CPU kernels over oneDNN; built where its headers are installed. */
    onednn: OnednnOptions;
    /** Portable: needs nothing but npm. */
    wasm: {};
    /** Plain JavaScript, for tests and as the reference for the others. */
    cpu: {};
  }
}

/** Registers every engine; each declares by its priority when `engine: "auto"` tries it. */
export const engines = definePlugin({
  name: "engines",
  defaults: {},
  register(training) {
    training.engines.register("webgpu", { ...webgpuOptions, create: webgpuEngine });
    training.engines.register("tensorflow", { defaults: {}, create: tensorflowEngine });
    training.engines.register("onednn", { ...onednnOptions, create: onednnEngine });
    training.engines.register("wasm", { defaults: {}, create: wasmEngine });
    training.engines.register("cpu", { defaults: {}, create: cpuEngine });
  },
});
