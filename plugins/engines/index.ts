/** The engines that fgkd brings. */
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
      /** Winograd's algorithm for convolutions 3×3: faster, rounds a little more. Default true. */
      readonly winograd?: boolean | null;
      /** Measures which implementation is fastest for a shape; results then differ from run to run. Default false. */
      readonly autotune?: boolean | null;
      /** How images lie between kernels. Default: `blocked` on processors with AVX2 and no more, else `plain`. */
      readonly layout?: "plain" | "blocked" | null;
    };
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
    training.engines.register("tensorflow", { defaults: {}, create: tensorflowEngine });
    training.engines.register("onednn", {
      defaults: { threads: null, winograd: null, autotune: null, layout: null },
      create: onednnEngine,
    });
    training.engines.register("wasm", { defaults: {}, create: wasmEngine });
    training.engines.register("cpu", { defaults: {}, create: cpuEngine });
  },
});
