/** Enters our kernels in tfjs' registry for the `wasm` backend. */
import * as tf from "@tensorflow/tfjs";
import { batchNormTraining, batchNormTrainingGradient } from "./batch-norm.js";
import { conv2dBackpropFilter } from "./conv2d-filter-gradient.js";
import { conv2dBackpropInput } from "./conv2d-input-gradient.js";
import { convolutionWith, depthwiseWith, fusedConvolutionWith, fusedDepthwiseWith } from "./convolution.js";
import { gather, reverse, slice, tile } from "./copies.js";
import { depthwiseBackpropFilter, depthwiseBackpropInput } from "./depthwise-gradients.js";
import { castWith, clipByValue, extremumWith, preluWith, relu6 } from "./elementwise.js";
import { kernelsToFallBack, runOnCpu } from "./fallback.js";
import type { Kernel } from "./heap.js";
import { identity } from "./identity.js";
import { batchMatMul, fusedMatMul } from "./matmul.js";
import { maxPoolWith } from "./max-pool.js";
import { maxPoolGradient } from "./max-pool-gradient.js";
import { mean, sumWith } from "./reductions.js";
import { repairs } from "./repairs.js";
import { unsortedSegmentSum } from "./segment-sum.js";

/** What tfjs' wasm backend lacks, or what ours replaces. */
const kernels: Readonly<Record<string, Kernel>> = {
  [tf.BatchMatMul]: batchMatMul,
  [tf._FusedMatMul]: fusedMatMul,
  [tf.ClipByValue]: clipByValue,
  [tf.Conv2DBackpropFilter]: conv2dBackpropFilter,
  [tf.Conv2DBackpropInput]: conv2dBackpropInput,
  [tf.DepthwiseConv2dNativeBackpropFilter]: depthwiseBackpropFilter,
  [tf.DepthwiseConv2dNativeBackpropInput]: depthwiseBackpropInput,
  [tf.GatherV2]: gather,
  [tf.Identity]: identity,
  [tf.MaxPoolGrad]: maxPoolGradient,
  [tf.Mean]: mean,
  [tf.Relu6]: relu6,
  [tf.Reverse]: reverse,
  [tf.Slice]: slice,
  [tf.Tile]: tile,
  [tf.UnsortedSegmentSum]: unsortedSegmentSum,
  FgkdBatchNormTraining: batchNormTraining,
  FgkdBatchNormTrainingGrad: batchNormTrainingGradient,
};

/** What ours does in part, and leaves to tfjs' own otherwise. */
const extensions: Readonly<Record<string, (stock: Kernel) => Kernel>> = {
  [tf.Cast]: castWith,
  [tf.Conv2D]: convolutionWith(tf.Conv2D),
  [tf.DepthwiseConv2dNative]: depthwiseWith(tf.DepthwiseConv2dNative),
  [tf.FusedConv2D]: fusedConvolutionWith,
  [tf.FusedDepthwiseConv2D]: fusedDepthwiseWith,
  [tf.MaxPool]: maxPoolWith,
  [tf.Maximum]: extremumWith,
  [tf.Minimum]: extremumWith,
  [tf.Prelu]: preluWith,
  [tf.Sum]: sumWith,
};

let registered = false;

/**
 * Registers every kernel that training needs and tfjs' wasm backend lacks, or has slow or wrong.
 *
 * Idempotent. What we do not write ourselves falls back on tfjs' CPU kernels, on copies of the data.
 */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  for (const [name, kernel] of Object.entries(kernels)) replaceKernel(name, () => kernel);
  for (const [name, extend] of Object.entries(extensions)) replaceKernel(name, extend);
  for (const [name, needsCpu] of Object.entries(repairs)) {
    replaceKernel(name, (stock) => (call) => (needsCpu(call) ? runOnCpu(name, call) : stock(call)));
  }
  for (const name of kernelsToFallBack()) replaceKernel(name, () => (call) => runOnCpu(name, call));
}

function replaceKernel(kernelName: string, make: (stock: Kernel) => Kernel): void {
  const stock = tf.getKernel(kernelName, "wasm");
  // tfjs warns on the console about a second registration, so take the first one away.
  if (stock !== undefined) tf.unregisterKernel(kernelName, "wasm");
  // tfjs passes exactly what the kernel's name stands for; its types only say "some tensors, some attributes".
  const kernel = make(stock?.kernelFunc as unknown as Kernel) as unknown as tf.KernelFunc;
  tf.registerKernel({ ...stock, kernelName, backendName: "wasm", kernelFunc: kernel });
}
