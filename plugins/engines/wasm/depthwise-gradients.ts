/** The gradients of a depthwise convolution: `DepthwiseConv2dNativeBackpropInput` and `…BackpropFilter`. */
import * as tf from "@tensorflow/tfjs";
import { addressOf, allWords, floatsOf, type KernelCall, sizeOf, type WasmBackend } from "./heap.js";
import { inputGradientByPhases } from "./input-gradient-phases.js";

type Conv2DInfo = tf.backend_util.Conv2DInfo;
type Shape4D = [number, number, number, number];
type FilterInputs = tf.DepthwiseConv2dNativeBackpropFilterInputs;
type FilterAttributes = tf.DepthwiseConv2dNativeBackpropFilterAttrs;
type InputInputs = tf.DepthwiseConv2dNativeBackpropInputInputs;
type InputAttributes = tf.DepthwiseConv2dNativeBackpropInputAttrs;

/** Sums over the positions in double precision, row by row of the output. */
export function depthwiseBackpropFilter({
  inputs,
  attrs,
  backend,
}: KernelCall<FilterInputs, FilterAttributes>): tf.TensorInfo {
  const x = inputs.x as tf.TensorInfo;
  const dy = inputs.dy as tf.TensorInfo;
  const info = describe(x.shape, attrs.filterShape, attrs);
  const dFilter = backend.makeOutput(attrs.filterShape, "float32");
  const sums = new Float64Array(sizeOf(attrs.filterShape));
  const images = floatsOf(backend, x);
  const gradients = floatsOf(backend, dy);
  forEachTapRow(info, (tap, from, to, begin, end) => {
    const { inChannels, outChannels, strideWidth } = info;
    const multiplier = outChannels / inChannels;
    for (let channel = 0; channel < outChannels; channel++) {
      let read = from + begin * strideWidth * inChannels + Math.floor(channel / multiplier);
      let at = to + begin * outChannels + channel;
      let sum = 0;
      for (let column = begin; column < end; column++) {
        sum += (images[read] as number) * (gradients[at] as number);
        read += strideWidth * inChannels;
        at += outChannels;
      }
      sums[tap * outChannels + channel] = (sums[tap * outChannels + channel] as number) + sum;
    }
  });
  floatsOf(backend, dFilter).set(sums);
  return dFilter;
}

/** Forward depthwise convolutions of `dy`; with a channel multiplier, plain sums. */
export function depthwiseBackpropInput({
  inputs,
  attrs,
  backend,
}: KernelCall<InputInputs, InputAttributes>): tf.TensorInfo {
  const dy = inputs.dy as tf.TensorInfo;
  const filter = inputs.filter as tf.TensorInfo;
  const info = describe(attrs.inputShape, filter.shape, attrs);
  if (info.inChannels === info.outChannels) {
    return inputGradientByPhases(backend, tf.DepthwiseConv2dNative, info, dy, (rowTaps, columnTaps) =>
      chooseTaps(backend, filter, rowTaps, columnTaps),
    );
  }
  const dx = backend.makeOutput(attrs.inputShape, "float32");
  const target = floatsOf(backend, dx).fill(0);
  const weights = floatsOf(backend, filter);
  const gradients = floatsOf(backend, dy);
  forEachTapRow(info, (tap, from, to, begin, end) => {
    const { inChannels, outChannels, strideWidth } = info;
    const multiplier = outChannels / inChannels;
    for (let column = begin; column < end; column++) {
      const write = from + column * strideWidth * inChannels;
      const read = to + column * outChannels;
      for (let channel = 0; channel < outChannels; channel++) {
        const at = write + Math.floor(channel / multiplier);
        const weight = weights[tap * outChannels + channel] as number;
        target[at] = (target[at] as number) + weight * (gradients[read + channel] as number);
      }
    }
  });
  return dx;
}

function describe(
  inputShape: readonly number[],
  filterShape: readonly number[],
  { strides, dilations, pad, dimRoundingMode }: Omit<FilterAttributes, "filterShape">,
): Conv2DInfo {
  return tf.backend_util.computeConv2DInfo(
    inputShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    true,
  );
}

/**
 * Visits every pair of an output row and a filter tap that meet inside the image.
 *
 * @param visit gets the tap's index, where the input row starts (shifted by the tap, so possibly before the row), where
 *   the output row starts, and the range of output columns that meet the image
 */
function forEachTapRow(
  info: Conv2DInfo,
  visit: (tap: number, from: number, to: number, begin: number, end: number) => void,
): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = info;
  for (let row = 0; row < info.batchSize * outHeight; row++) {
    const image = Math.floor(row / outHeight);
    for (let tapRow = 0; tapRow < info.filterHeight; tapRow++) {
      const y = (row % outHeight) * info.strideHeight + tapRow * info.dilationHeight - padInfo.top;
      if (y < 0 || y >= inHeight) continue;
      for (let tapColumn = 0; tapColumn < info.filterWidth; tapColumn++) {
        const shift = tapColumn * info.dilationWidth - padInfo.left;
        const begin = Math.max(0, Math.ceil(-shift / info.strideWidth));
        const end = Math.min(outWidth, Math.floor((inWidth - 1 - shift) / info.strideWidth) + 1);
        const from = ((image * inHeight + y) * inWidth + shift) * inChannels;
        visit(tapRow * info.filterWidth + tapColumn, from, row * outWidth * outChannels, begin, end);
      }
    }
  }
}

/** `[rowTaps, columnTaps, channels, 1]`: the chosen taps in the given order. */
function chooseTaps(
  backend: WasmBackend,
  filter: tf.TensorInfo,
  rowTaps: readonly number[],
  columnTaps: readonly number[],
): tf.TensorInfo {
  const [, width, channels] = filter.shape as Shape4D;
  const chosen = backend.makeOutput([rowTaps.length, columnTaps.length, channels, 1], "float32");
  const heap = allWords(backend);
  let to = addressOf(backend, chosen) / 4;
  for (const row of rowTaps) {
    for (const column of columnTaps) {
      const from = addressOf(backend, filter) / 4 + (row * width + column) * channels;
      heap.copyWithin(to, from, from + channels);
      to += channels;
    }
  }
  return chosen;
}
