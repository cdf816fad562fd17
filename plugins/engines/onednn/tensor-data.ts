/** The values of one tensor, in the order of its shape, in blocks of channels, or in both. */
import * as tf from "@tensorflow/tfjs";
import type { ConvHandle, Stored } from "./addon.js";

export type BackendValues = tf.backend_util.BackendValues;
/** `[batch, height, width, channels]` */
export type ImageShape = readonly [number, number, number, number];

/** Other ways to keep the same values, in memory of their own. */
export interface Conversions {
  /** Between `[n, area, c]` and blocks of eight channels, `[n, c / 8, area, 8]`. */
  blocks(values: Float32Array, shape: ImageShape, toBlocks: boolean): Float32Array;
  widen(values: Uint16Array): Float32Array;
}

/** Images in blocks of eight channels, `[n, c / 8, h, w, 8]`; the shape is that without blocks. */
export interface Blocked {
  readonly values: Float32Array;
  readonly shape: ImageShape;
}

/** The ways in which the same values may be at hand: one of them at least. */
export interface Faces {
  readonly plain?: BackendValues;
  readonly blocked?: Blocked;
  readonly bf16?: Uint16Array;
}

/**
 * What the backend keeps for one tensor. tfjs' CPU kernels read `values`, `dtype` and `refCount`, and set
 * `complexTensorInfos`; the names are theirs.
 *
 * Convolutions of AVX2 are faster on images in blocks of eight channels. Kernels that can, pass such images on as they
 * are; whoever asks for `values` gets them in the usual order, converted once. Likewise what is kept as bf16: `values`
 * are floats, widened for the kernel that asks and forgotten after it.
 */
export class TensorData {
  refCount: number;
  complexTensorInfos?: { readonly real: tf.TensorInfo; readonly imag: tf.TensorInfo };
  /** Filters in the layouts that convolutions want; `null` when wanted once so far. */
  packed?: Map<ConvHandle, Uint8Array | null>;

  #plain: BackendValues | undefined;
  #blocked: Blocked | undefined;
  #bf16: Uint16Array | undefined;
  readonly #convert: Conversions;

  constructor(
    { plain, blocked, bf16 }: Faces,
    readonly dtype: tf.DataType,
    refCount: number,
    convert: Conversions,
  ) {
    this.#plain = plain;
    this.#blocked = blocked;
    this.#bf16 = bf16;
    this.refCount = refCount;
    this.#convert = convert;
  }

  /** How the values are at hand now. */
  get faces(): Faces {
    return {
      ...(this.#plain !== undefined && { plain: this.#plain }),
      ...(this.#blocked && { blocked: this.#blocked }),
      ...(this.#bf16 && { bf16: this.#bf16 }),
    };
  }

  get values(): BackendValues | undefined {
    if (this.#bf16 !== undefined) this.#plain ??= this.#convert.widen(this.#bf16);
    if (this.#plain === undefined && this.#blocked !== undefined) {
      this.#plain = this.#convert.blocks(this.#blocked.values, this.#blocked.shape, false);
    }
    return this.#plain;
  }

  /** The values, if they are kept as bf16. */
  get bf16(): Uint16Array | undefined {
    return this.#bf16;
  }

  /** Forgets the floats that values kept as bf16 were widened to; returns them, for nobody uses them any more. */
  narrow(): Float32Array | undefined {
    if (this.#bf16 === undefined || this.#plain === undefined) return undefined;
    const widened = this.#plain as Float32Array;
    this.#plain = undefined;
    return widened;
  }

  /** Gives its values away, if nobody else holds them and they lie in one order alone; then it has none. */
  surrender(): Float32Array | undefined {
    const values = this.#plain;
    const isSole = this.refCount === 1 && this.#blocked === undefined && this.#bf16 === undefined;
    if (!isSole || !(values instanceof Float32Array)) return undefined;
    this.#plain = undefined;
    return values;
  }

  /** Whether the values are at hand in blocks of the channels of `shape`. */
  isBlocked(shape: readonly number[]): boolean {
    return this.#blocked !== undefined && tf.util.arraysEqual([...this.#blocked.shape], [...shape]);
  }

  /** Whether `blocked` may be asked for this shape: a tensor looked at in two shapes is blocked in one of them only. */
  canBlock(shape: readonly number[]): boolean {
    return (
      this.dtype === "float32" && this.#bf16 === undefined && (this.#blocked === undefined || this.isBlocked(shape))
    );
  }

  /** The values in blocks of the channels of `shape`, converted once if need be. */
  blocked(shape: ImageShape): Float32Array {
    this.#blocked ??= { values: this.#convert.blocks(this.values as Float32Array, shape, true), shape };
    return this.#blocked.values;
  }

  /** All arrays that hold this tensor's values. */
  arrays(): Stored[] {
    const packed = [...(this.packed?.values() ?? [])].filter((values) => values !== null);
    const plain = ArrayBuffer.isView(this.#plain) ? [this.#plain as Stored] : [];
    return [...plain, ...(this.#blocked ? [this.#blocked.values] : []), ...(this.#bf16 ? [this.#bf16] : []), ...packed];
  }
}
