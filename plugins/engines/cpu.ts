/** The `cpu` engine: TensorFlow.js in plain JavaScript. Slow; the reference that the other engines are tested against. */
import * as tf from "@tensorflow/tfjs";
import type { Engine } from "../../core/index.js";
import { replaceKernel } from "./pad-beforehand.js";
import { keepNaN, poolOf } from "./wasm/keep-nan.js";

export function cpuEngine(): Engine {
  return {
    name: "cpu",
    priority: 10,
    capabilities: { deterministic: true },
    check: async () => ({
      available: true,
      detail: `tfjs ${tf.version.tfjs}, plain JavaScript, for tests and tiny networks`,
    }),
    start: startCpu,
  };
}

/** Makes `cpu` the active backend, whose largest value of nothing but NaN is NaN. */
export async function startCpu(): Promise<void> {
  // Its first use prints advice to install a faster backend; fgkd doctor gives that.
  tf.enableProdMode();
  replaceKernel("cpu", tf.MaxPool, (stock) => (call) => {
    const x = call.inputs.x as tf.TensorInfo;
    const y = stock(call);
    // Windows of one pixel hand the images through.
    if (y.dataId !== x.dataId && x.dtype === "float32")
      keepNaN(floatsOf(call.backend, x), floatsOf(call.backend, y), poolOf(x.shape, call.attrs as never));
    return y;
  });
  await tf.setBackend("cpu");
  await tf.ready();
}

/** The backend's own array. */
function floatsOf(backend: tf.KernelBackend, { dataId }: tf.TensorInfo): Float32Array {
  // Of tfjs' CPU backend, which computes at once.
  return backend.readSync(dataId) as Float32Array;
}
