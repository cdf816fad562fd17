/** `Conv2DBackpropInput`: the gradient of a convolution with respect to its input. */
import * as tf from "@tensorflow/tfjs";
import { runOnCpu } from "./fallback.js";
import { addressOf, type KernelCall, type WasmBackend } from "./heap.js";
import { transposeMatrix } from "./heap-matrices.js";
import { inputGradientByPhases } from "./input-gradient-phases.js";

type Shape4D = [number, number, number, number];

/** tfjs types the shape as an attribute of unknown kind. */
type Attributes = Omit<tf.Conv2DBackpropInputAttrs, "inputShape"> & { readonly inputShape: Shape4D };

/** Forward convolutions of `dy` with the flipped filter, its input and output channels exchanged. */
export function conv2dBackpropInput(
  call: KernelCall<tf.Conv2DBackpropInputInputs, Attributes>,
): tf.TensorInfo | tf.TensorInfo[] {
  const { inputs, attrs, backend } = call;
  if (attrs.dataFormat !== "NHWC") return runOnCpu(tf.Conv2DBackpropInput, call);
  const filter = inputs.filter as tf.TensorInfo;
  const { inputShape, strides, pad, dimRoundingMode } = attrs;
  const filterShape = filter.shape as Shape4D;
  const info = tf.backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode);
  return inputGradientByPhases(backend, tf.Conv2D, info, inputs.dy as tf.TensorInfo, (rowTaps, columnTaps) =>
    exchangeChannels(backend, filter, rowTaps, columnTaps),
  );
}

/** `[rowTaps, columnTaps, outChannels, inChannels]`: the chosen taps in the given order, each transposed. */
function exchangeChannels(
  backend: WasmBackend,
  filter: tf.TensorInfo,
  rowTaps: readonly number[],
  columnTaps: readonly number[],
): tf.TensorInfo {
  const [, width, inChannels, outChannels] = filter.shape as Shape4D;
  const flipped = backend.makeOutput([rowTaps.length, columnTaps.length, outChannels, inChannels], "float32");
  const bytes = inChannels * outChannels * 4;
  let target = addressOf(backend, flipped);
  for (const row of rowTaps) {
    for (const column of columnTaps) {
      const address = addressOf(backend, filter) + (row * width + column) * bytes;
      transposeMatrix(backend, { address, rows: inChannels, columns: outChannels }, target);
      target += bytes;
    }
  }
  return flipped;
}
