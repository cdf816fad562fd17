/** The values of one tensor, in the order of its shape, in blocks of channels, or in both. */
import * as tf from "@tensorflow/tfjs";
import type { ConvHandle, Values } from "./addon.js";

export type BackendValues = tf.backend_util.BackendValues;
/** `[batch, height, width, channels]` */
export type ImageShape = readonly [number, number, number, number];

/** Converts between `[n, area, c]` and blocks of eight channels, `[n, c / 8, area, 8]`. */
export type Convert = (values: Float32Array, shape: ImageShape, toBlocks: boolean) => Float32Array;

/**
 * What the backend keeps for one tensor. tfjs' CPU kernels read `values`, `dtype` and `refCount`, and set
 * `complexTensorInfos`; the names are theirs.
 *
 * Convolutions of AVX2 are faster on images in blocks of eight channels. Kernels that can, pass such images on as they
 * are; whoever asks for `values` gets them in the usual order, converted once.
 */
export class TensorData {
  refCount: number;
  complexTensorInfos?: { readonly real: tf.TensorInfo; readonly imag: tf.TensorInfo };
  /** Filters in the layouts that convolutions want; `null` when wanted once so far. */
  packed?: Map<ConvHandle, Uint8Array | null>;

  #plain: BackendValues | undefined;
  #blocked: { readonly values: Float32Array; readonly shape: ImageShape } | undefined;
  readonly #convert: Convert;

  constructor(
    values: BackendValues | undefined,
    readonly dtype: tf.DataType,
    refCount: number,
    convert: Convert,
  ) {
    this.#plain = values;
    this.refCount = refCount;
    this.#convert = convert;
  }

  static inBlocks(values: Float32Array, shape: ImageShape, convert: Convert): TensorData {
    const made = new TensorData(undefined, "float32", 1, convert);
    made.#blocked = { values, shape };
    return made;
  }

  get values(): BackendValues | undefined {
    if (this.#plain === undefined && this.#blocked !== undefined) {
      this.#plain = this.#convert(this.#blocked.values, this.#blocked.shape, false);
    }
    return this.#plain;
  }

  /** Whether the values are at hand in blocks of the channels of `shape`. */
  isBlocked(shape: readonly number[]): boolean {
    return this.#blocked !== undefined && tf.util.arraysEqual([...this.#blocked.shape], [...shape]);
  }

  /** Whether `blocked` may be asked for this shape: a tensor looked at in two shapes is blocked in one of them only. */
  canBlock(shape: readonly number[]): boolean {
    return this.dtype === "float32" && (this.#blocked === undefined || this.isBlocked(shape));
  }

  /** The values in blocks of the channels of `shape`, converted once if need be. */
  blocked(shape: ImageShape): Float32Array {
    this.#blocked ??= { values: this.#convert(this.values as Float32Array, shape, true), shape };
    return this.#blocked.values;
  }

  /** All arrays that hold this tensor's values. */
  arrays(): Values[] {
    const packed = [...(this.packed?.values() ?? [])].filter((values) => values !== null);
    const plain = ArrayBuffer.isView(this.#plain) ? [this.#plain as Values] : [];
    return [...plain, ...(this.#blocked ? [this.#blocked.values] : []), ...packed];
  }
}
