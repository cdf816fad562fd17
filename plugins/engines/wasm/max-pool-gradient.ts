/** `MaxPoolGrad`: tfjs' own kernel for wasm starts its search at the smallest positive float, so it is wrong below zero. */
import * as tf from "@tensorflow/tfjs";
import { floatsOf, type KernelCall } from "./heap.js";

type PoolInfo = tf.backend_util.Conv2DInfo;

/** Each output's gradient goes to the first largest value of its window, in row-major order, as on tfjs' CPU backend. */
export function maxPoolGradient(call: KernelCall<tf.MaxPoolGradInputs, tf.MaxPoolGradAttrs>): tf.TensorInfo {
  const { inputs, attrs, backend } = call;
  const x = inputs.input as tf.TensorInfo;
  const dy = inputs.dy as tf.TensorInfo;
  const info = tf.backend_util.computePool2DInfo(
    x.shape as [number, number, number, number],
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
  const dx = backend.makeOutput(x.shape, "float32");
  const gradient = floatsOf(backend, dx).fill(0);
  scatter(floatsOf(backend, x), floatsOf(backend, dy), gradient, info);
  return dx;
}

function scatter(x: Float32Array, dy: Float32Array, dx: Float32Array, info: PoolInfo): void {
  const { inChannels: channels, inHeight, inWidth, outHeight, outWidth, padInfo } = info;
  const columns = clippedWindows(outWidth, info.filterWidth, info.strideWidth, padInfo.left, inWidth);
  const rows = clippedWindows(outHeight, info.filterHeight, info.strideHeight, padInfo.top, inHeight);
  let read = 0;
  for (let image = 0; image < info.batchSize; image++) {
    for (let row = 0; row < outHeight; row++) {
      const top = rows[2 * row] as number;
      const bottom = rows[2 * row + 1] as number;
      for (let column = 0; column < outWidth; column++) {
        const left = columns[2 * column] as number;
        const right = columns[2 * column + 1] as number;
        const corner = ((image * inHeight + top) * inWidth + left) * channels;
        for (let channel = 0; channel < channels; channel++) {
          const place = placeOfLargest(x, corner + channel, bottom - top, right - left, inWidth * channels, channels);
          // A window of NaN or of -Infinity alone has no largest value.
          if (place >= 0) dx[place] = (dx[place] as number) + (dy[read + channel] as number);
        }
        read += channels;
      }
    }
  }
}

function placeOfLargest(
  x: Float32Array,
  corner: number,
  rows: number,
  columns: number,
  rowStride: number,
  columnStride: number,
): number {
  let largest = Number.NEGATIVE_INFINITY;
  let place = -1;
  for (let row = 0; row < rows; row++) {
    let at = corner + row * rowStride;
    for (let column = 0; column < columns; column++, at += columnStride) {
      const value = x[at] as number;
      if (value > largest) {
        largest = value;
        place = at;
      }
    }
  }
  return place;
}

/** Pairs of begin and end of each output's window along one axis, inside the image. */
function clippedWindows(outSize: number, size: number, stride: number, padding: number, inSize: number): Int32Array {
  const ranges = new Int32Array(2 * outSize);
  for (let at = 0; at < outSize; at++) {
    const corner = at * stride - padding;
    ranges[2 * at] = Math.max(corner, 0);
    ranges[2 * at + 1] = Math.min(corner + size, inSize);
  }
  return ranges;
}
