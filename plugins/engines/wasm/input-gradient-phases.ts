/**
 * The gradient of a strided convolution with respect to its input, as forward convolutions of `dy` ("sub-pixel"
 * decomposition): each of the stride² phases of the input is a stride-1 convolution of `dy` with the taps that meet it,
 * so no product with an inserted zero is computed. At stride 1 there is one phase: the convolution with the flipped filter.
 */
import * as tf from "@tensorflow/tfjs";
import { addressOf, allWords, copyRuns, floatsOf, runKernel, sizeOf, type WasmBackend } from "./heap.js";

type Conv2DInfo = tf.backend_util.Conv2DInfo;

/** A filter made of the given taps, in the given order, fit for a forward convolution of `dy`. */
export type MakeFilter = (rowTaps: readonly number[], columnTaps: readonly number[]) => tf.TensorInfo;

/** One axis of one phase: pixels `phase, phase + stride, …` of the input, and the filter taps that reach them. */
interface Phase {
  readonly phase: number;
  /** How many input pixels belong to it. */
  readonly size: number;
  /** The taps, last first: the convolution of `dy` runs over the filter backwards. */
  readonly taps: readonly number[];
  /** Zeros before and after `dy`; negative where `dy` is to be cropped instead. */
  readonly before: number;
  readonly after: number;
}

/**
 * The gradient with respect to the input of the convolution described by `info`.
 *
 * @param kernelName the forward convolution, `Conv2D` or `DepthwiseConv2dNative`; dilation only at stride 1
 */
export function inputGradientByPhases(
  backend: WasmBackend,
  kernelName: string,
  info: Conv2DInfo,
  dy: tf.TensorInfo,
  makeFilter: MakeFilter,
): tf.TensorInfo {
  const { padInfo, dilationHeight, dilationWidth } = info;
  const rowPhases = phasesOf(
    [info.inHeight, info.outHeight, info.filterHeight],
    info.strideHeight,
    dilationHeight,
    padInfo.top,
  );
  const columnPhases = phasesOf(
    [info.inWidth, info.outWidth, info.filterWidth],
    info.strideWidth,
    dilationWidth,
    padInfo.left,
  );
  const empty = sizeOf(dy.shape) === 0 || sizeOf(info.inShape) === 0;
  const convolve = (row: Phase, column: Phase): tf.TensorInfo | undefined => {
    if (row.size === 0 || column.size === 0 || row.taps.length === 0 || column.taps.length === 0) return undefined;
    const source = crop(backend, dy, info, row, column);
    if (source === undefined) return undefined;
    const filter = makeFilter(row.taps, column.taps);
    const pad = [[0, 0], padding(row), padding(column), [0, 0]];
    const attrs = { strides: [1, 1], dilations: [dilationHeight, dilationWidth], pad, dataFormat: "NHWC" };
    const inputs = { x: source, filter };
    const part = runKernel(backend, kernelName, inputs, attrs);
    backend.disposeData(filter.dataId);
    if (source !== dy) backend.disposeData(source.dataId);
    return part;
  };

  if (!empty && info.strideHeight * info.strideWidth === 1) {
    const whole = convolve(rowPhases[0] as Phase, columnPhases[0] as Phase);
    if (whole !== undefined) return whole;
  }
  const dx = backend.makeOutput(info.inShape, "float32");
  // Phases that no output reaches stay zero; the others write every one of their pixels.
  floatsOf(backend, dx).fill(0);
  if (empty) return dx;
  for (const row of rowPhases) {
    for (const column of columnPhases) {
      const part = convolve(row, column);
      if (part === undefined) continue;
      interleave(backend, part, dx, info, row, column);
      backend.disposeData(part.dataId);
    }
  }
  return dx;
}

/**
 * Input pixel `stride · p + phase` meets tap `first + stride · t` at output `p + lag - t`; read backwards in `t`, this is
 * a correlation of `dy`, padded by `taps - 1 - lag` in front and by what gives `size` results behind. (At stride 1, tap
 * `t` lies `dilation · t` away instead.)
 */
function phasesOf(
  [inSize, outSize, filterSize]: readonly [number, number, number],
  stride: number,
  dilation: number,
  padding: number,
): Phase[] {
  return Array.from({ length: stride }, (_, phase) => {
    const first = (phase + padding) % stride;
    const lag = Math.floor((phase + padding) / stride);
    const taps: number[] = [];
    for (let tap = first; tap < filterSize; tap += stride) taps.unshift(tap);
    const size = Math.max(0, Math.ceil((inSize - phase) / stride));
    const reach = (taps.length - 1) * dilation;
    return { phase, size, taps, before: reach - lag, after: size - outSize + lag };
  });
}

function padding({ before, after }: Phase): [number, number] {
  return [Math.max(before, 0), Math.max(after, 0)];
}

/**
 * `dy` without the rows and columns that a negative padding drops (padding wider than the filter's reach), and without
 * those beyond the convolution's output, which `conv2dTranspose` may pass.
 */
function crop(
  backend: WasmBackend,
  dy: tf.TensorInfo,
  info: Conv2DInfo,
  row: Phase,
  column: Phase,
): tf.TensorInfo | undefined {
  const { batchSize: batch, outHeight: height, outWidth: width, outChannels: channels } = info;
  const fits = dy.shape[1] === height && dy.shape[2] === width;
  if (fits && Math.min(row.before, row.after, column.before, column.after) >= 0) return dy;
  const top = Math.max(-row.before, 0);
  const left = Math.max(-column.before, 0);
  const rows = height - top - Math.max(-row.after, 0);
  const columns = width - left - Math.max(-column.after, 0);
  if (rows <= 0 || columns <= 0) return undefined;
  const attrs = { begin: [0, top, left, 0], size: [batch, rows, columns, channels] };
  return runKernel(backend, tf.Slice, { x: dy }, attrs);
}

/** Writes one phase's pixels to their places in the whole gradient. */
function interleave(
  backend: WasmBackend,
  part: tf.TensorInfo,
  whole: tf.TensorInfo,
  info: Conv2DInfo,
  row: Phase,
  column: Phase,
): void {
  const { batchSize, inHeight, inWidth, inChannels, strideHeight, strideWidth } = info;
  const heap = allWords(backend);
  let from = addressOf(backend, part) / 4;
  for (let image = 0; image < batchSize; image++) {
    for (let y = row.phase; y < inHeight; y += strideHeight) {
      const to = addressOf(backend, whole) / 4 + ((image * inHeight + y) * inWidth + column.phase) * inChannels;
      copyRuns(heap, from, inChannels, to, strideWidth * inChannels, inChannels, column.size);
      from += column.size * inChannels;
    }
  }
}
