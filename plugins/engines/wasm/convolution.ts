/** Convolutions whose kernels in tfjs' wasm backend hide NaN: they cut off with an instruction that takes the other value. */
import * as tf from "@tensorflow/tfjs";
import { runOnCpu } from "./fallback.js";
import {
  addressOf,
  allWords,
  type Kernel,
  type KernelCall,
  type Results,
  runKernel,
  sizeOf,
  type WasmBackend,
} from "./heap.js";

type Call = KernelCall<tf.NamedTensorInfoMap, { readonly activation?: string }>;

/** The activation as a kernel of its own, which keeps NaN: a ReLU in place. */
export function fusedConvolutionWith(stock: Kernel) {
  const convolve = convolutionWith(tf.FusedConv2D)(stock);
  return (call: Call): Results => activated(call, (linear) => convolve(linear));
}

/** The same for depthwise convolutions. */
export function fusedDepthwiseWith(stock: Kernel) {
  const convolve = depthwiseWith(tf.FusedDepthwiseConv2D)(stock);
  return (call: Call): Results => activated(call, (linear) => convolve(linear));
}

/** A convolution from one channel to one, which tfjs runs as if it were depthwise. */
export function convolutionWith(name: string) {
  return (stock: Kernel) => {
    const depthwise = depthwiseWith(name)(stock);
    return (call: Call): Results => {
      const [, , from, to] = (call.inputs.filter as tf.TensorInfo).shape;
      return from === 1 && to === 1 ? depthwise(call) : stock(call as never);
    };
  };
}

/**
 * A depthwise convolution: of NaN, tfjs' own makes −∞, the least that it may return. Where that appears, once in a network
 * that has broken down, tfjs' CPU kernel says what is true.
 */
export function depthwiseWith(name: string) {
  return (stock: Kernel) =>
    (call: Call): Results => {
      const result = stock(call as never) as tf.TensorInfo;
      if (!holdsMinusInfinity(call.backend, result)) return result;
      call.backend.disposeData(result.dataId);
      return runOnCpu(name, call);
    };
}

function activated(call: Call, convolve: (call: Call) => Results): Results {
  const { backend, attrs } = call;
  if (attrs.activation !== "relu" && attrs.activation !== "relu6") return convolve(call);
  const result = convolve({ ...call, attrs: { ...attrs, activation: "linear" } }) as tf.TensorInfo;
  if (attrs.activation === "relu") {
    const { id } = backend.dataIdMap.get(result.dataId);
    if (sizeOf(result.shape) > 0) backend.wasm._Relu(id, float32, id);
    return result;
  }
  const cut = runKernel(backend, tf.Relu6, { x: result });
  backend.disposeData(result.dataId);
  return cut;
}

/** tfjs' number for the type in its WebAssembly module. */
const float32 = 0;
/** The bits of −∞: to look for a whole number is three times as fast. */
const minusInfinity = 0xff800000 | 0;

function holdsMinusInfinity(backend: WasmBackend, x: tf.TensorInfo): boolean {
  const begin = addressOf(backend, x) / 4;
  return allWords(backend)
    .subarray(begin, begin + sizeOf(x.shape))
    .includes(minusInfinity);
}
