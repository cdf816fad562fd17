/** Tensors at rest: what models, optimisers and plugins hand to files, and take back. */

/** A tensor at rest. `data` is `BigInt64Array` for I64, `Float32Array` otherwise. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}
