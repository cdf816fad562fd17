/** `Conv2DBackpropFilter`: the gradient of a convolution with respect to its filter, as a sum of matrix products. */
import * as tf from "@tensorflow/tfjs";
import { runOnCpu } from "./fallback.js";
import {
  addressOf,
  allWords,
  copyRuns,
  floatsOf,
  type KernelCall,
  sizeOf,
  type WasmBackend,
  withScratch,
} from "./heap.js";
import { addInPlace, transposeMatrix, withRightMatrix } from "./heap-matrices.js";
import { gatherWindows, planWindows, preparePhases, reorderPixels, type WindowPlan } from "./transposed-windows.js";

type Conv2DInfo = tf.backend_util.Conv2DInfo;

/**
 * Length of the sums in one product, at most: a panel of so many positions fits the first-level cache. It is an odd
 * number of cache lines, lest the rows of a transposed chunk compete for one cache set.
 */
const longestSum = 1008;
/** Floats of the right-hand side of one product: they are read over and over, so keep them in the second-level cache. */
const panelFloats = 1 << 17;
/** Upper bound of the window matrix, in floats. */
const windowFloats = 1 << 22;

/**
 * dW = Σ windows(x)ᵀ · dy over chunks of output positions.
 *
 * The windows are laid out transposed, `[tap · channel, position]`, because tfjs' matrix product is fast only when
 * neither side is flagged as transposed. Partial sums per chunk also keep the rounding error below that of one long sum.
 */
export function conv2dBackpropFilter(
  call: KernelCall<tf.Conv2DBackpropFilterInputs, tf.Conv2DBackpropFilterAttrs>,
): tf.TensorInfo | tf.TensorInfo[] {
  const { inputs, attrs, backend } = call;
  const x = inputs.x as tf.TensorInfo;
  const dy = inputs.dy as tf.TensorInfo;
  if (attrs.dataFormat !== "NHWC") return runOnCpu(tf.Conv2DBackpropFilter, call);

  const shape = x.shape as [number, number, number, number];
  const { filterShape, strides, pad, dimRoundingMode } = attrs;
  const info = tf.backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode);
  const dFilter = backend.makeOutput(filterShape, "float32");
  const { top, bottom, left, right } = info.padInfo;
  const padded = top + bottom + left + right > 0;
  if (sizeOf(dy.shape) === 0 || sizeOf(x.shape) === 0) {
    floatsOf(backend, dFilter).fill(0);
  } else if (info.filterHeight * info.filterWidth === 1 && !padded) {
    sumPointwise(backend, info, addressOf(backend, x), addressOf(backend, dy), addressOf(backend, dFilter));
  } else {
    sumWindows(backend, planWindows(info), addressOf(backend, x), addressOf(backend, dy), addressOf(backend, dFilter));
  }
  return dFilter;
}

function sumWindows(backend: WasmBackend, plan: WindowPlan, x: number, dy: number, dFilter: number): void {
  withScratch(backend, plan.phaseFloats, (phases) => {
    preparePhases(backend, plan, x, phases);
    if (plan.interleaved === 1) return sumWindowProducts(backend, plan, phases, dy, dFilter);
    withScratch(backend, sizeOf(plan.info.outShape), (reordered) => {
      reorderPixels(backend, plan, dy, reordered);
      sumWindowProducts(backend, plan, phases, reordered, dFilter);
    });
  });
}

function sumWindowProducts(backend: WasmBackend, plan: WindowPlan, phases: number, dy: number, dFilter: number): void {
  const { info, rows, rowLength } = plan;
  const taps = info.filterHeight * info.filterWidth * info.inChannels;
  const size = taps * info.outChannels;
  const length = Math.max(256, Math.min(longestSum, panelFloats / info.outChannels, windowFloats / taps));
  const rowsPerChunk = Math.min(rows, Math.max(1, Math.round(length / rowLength)));
  withScratch(backend, taps * rowsPerChunk * rowLength + size, (windows) => {
    const partial = windows + taps * rowsPerChunk * rowLength * 4;
    for (let row = 0; row < rows; row += rowsPerChunk) {
      const count = Math.min(rowsPerChunk, rows - row);
      gatherWindows(backend, plan, phases, windows, row, count);
      const address = dy + row * rowLength * info.outChannels * 4;
      const right = { address, rows: count * rowLength, columns: info.outChannels };
      withRightMatrix(backend, right, (multiply) => multiply(windows, taps, row === 0 ? dFilter : partial));
      if (row > 0) addInPlace(backend, dFilter, partial, size);
    }
  });
}

/** 1x1 filters: the windows are the pixels, so whichever of `x` and `dy` has more channels can be the transposed one. */
function sumPointwise(backend: WasmBackend, info: Conv2DInfo, x: number, dy: number, dFilter: number): void {
  const { inChannels, outChannels } = info;
  const positions = info.batchSize * info.outHeight * info.outWidth;
  withVisitedPixels(backend, info, x, (pixels) => {
    if (inChannels >= outChannels) {
      sumPixelProducts(backend, pixels, inChannels, dy, outChannels, positions, dFilter);
      return;
    }
    withScratch(backend, inChannels * outChannels, (transposed) => {
      sumPixelProducts(backend, dy, outChannels, pixels, inChannels, positions, transposed);
      transposeMatrix(backend, { address: transposed, rows: outChannels, columns: inChannels }, dFilter);
    });
  });
}

/** target = leftᵀ · right, both `[positions, channels]`. The narrower one should be `right`, since it is packed. */
function sumPixelProducts(
  backend: WasmBackend,
  left: number,
  leftChannels: number,
  right: number,
  rightChannels: number,
  positions: number,
  target: number,
): void {
  const size = leftChannels * rightChannels;
  withScratch(backend, leftChannels * longestSum + size, (transposed) => {
    const partial = transposed + leftChannels * longestSum * 4;
    for (let position = 0; position < positions; position += longestSum) {
      const rows = Math.min(longestSum, positions - position);
      const address = left + position * leftChannels * 4;
      transposeMatrix(backend, { address, rows, columns: leftChannels }, transposed);
      const panel = { address: right + position * rightChannels * 4, rows, columns: rightChannels };
      const product = position === 0 ? target : partial;
      withRightMatrix(backend, panel, (multiply) => multiply(transposed, leftChannels, product));
      if (position > 0) addInPlace(backend, target, partial, size);
    }
  });
}

/** The pixels of `x` that a 1x1 filter visits, one per output position. */
function withVisitedPixels(backend: WasmBackend, info: Conv2DInfo, x: number, body: (pixels: number) => void): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, strideHeight, strideWidth } = info;
  if (strideHeight * strideWidth === 1) {
    body(x);
    return;
  }
  const rowFloats = outWidth * inChannels;
  withScratch(backend, batchSize * outHeight * rowFloats, (pixels) => {
    const heap = allWords(backend);
    let to = pixels / 4;
    for (let image = 0; image < batchSize; image++) {
      for (let row = 0; row < outHeight; row++, to += rowFloats) {
        const from = x / 4 + (image * inHeight + row * strideHeight) * inWidth * inChannels;
        copyRuns(heap, from, strideWidth * inChannels, to, inChannels, inChannels, outWidth);
      }
    }
    body(pixels);
  });
}
