/** The engines that fgkd brings, in the order in which `auto` tries them. */
import { definePlugin } from "../../core/index.js";
import { cpuEngine } from "./cpu.js";
import { onednnEngine } from "./onednn.js";
import { tensorflowEngine } from "./tensorflow.js";
import { wasmEngine } from "./wasm.js";

declare module "../../core/index.js" {
  interface Engines {
    /** TensorFlow's own library: NVIDIA GPUs, or native CPU. */
    tensorflow: {};
    /** Native CPU kernels over oneDNN; built where its headers are installed. */
    onednn: {
      /** Default: every core that this process may use. */
      readonly threads?: number | null;
    };
    /** Portable: needs nothing but npm. */
    wasm: {};
    /** Plain JavaScript, for tests and as the reference for the others. */
    cpu: {};
  }
}

/** Registers every engine; the order is the preference of `engine: "auto"`. */
export const engines = definePlugin({
  name: "engines",
  defaults: {},
  register(training) {
    training.engines.register("tensorflow", { defaults: {}, create: tensorflowEngine });
    training.engines.register("onednn", { defaults: { threads: null }, create: onednnEngine });
    training.engines.register("wasm", { defaults: {}, create: wasmEngine });
    training.engines.register("cpu", { defaults: {}, create: cpuEngine });
  },
});
