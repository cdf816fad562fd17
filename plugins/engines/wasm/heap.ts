/** The part of tfjs' wasm backend that our kernels stand on: its heap and its tensor table. */
import * as tf from "@tensorflow/tfjs";

/** tfjs' `BackendWasm`, narrowed to what we use (its class keeps some of these members private). */
export interface WasmBackend {
  readonly wasm: {
    readonly HEAPU8: Uint8Array;
    /** 0 when there is no room; `startWasm` makes it throw instead. */
    _malloc: (bytes: number) => number;
    _free(address: number): void;
    _Add(...args: number[]): void;
    _BatchMatMul(...args: number[]): void;
    _Relu(...args: number[]): void;
    _Transpose(...args: number[]): void;
    readonly tfjs: {
      registerTensor(id: number, size: number, address: number): void;
      disposeData(id: number): void;
      dispose(): void;
    };
  };
  readonly dataIdMap: { get(dataId: object): { readonly id: number; readonly memoryOffset: number } };
  dataIdNextNumber: number;
  makeOutput(
    shape: readonly number[],
    dtype: tf.DataType,
    address?: number,
    values?: tf.backend_util.BackendValues,
  ): tf.TensorInfo;
  disposeData(dataId: object): boolean;
  incRef(dataId: object): void;
  readSync(dataId: object): tf.backend_util.BackendValues;
}

/** The kernel's arguments with the inputs by name; tfjs types every input as optional. */
export interface KernelCall<Inputs, Attributes> {
  readonly inputs: Inputs;
  readonly attrs: Attributes;
  readonly backend: WasmBackend;
}

export type Results = tf.TensorInfo | tf.TensorInfo[];

/** A kernel as tfjs calls it: what the inputs and attributes are is the kernel's business. */
export type Kernel = (call: KernelCall<never, never>) => Results;

/** Where a tensor's bytes start on the heap. */
export function addressOf(backend: WasmBackend, tensor: tf.TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset >>> 0;
}

/**
 * A view of `length` floats at `address`.
 *
 * Growing the heap detaches every view, so take views after the last allocation or wasm call, and keep none.
 */
function floatsAt(backend: WasmBackend, address: number, length: number): Float32Array {
  return new Float32Array(backend.wasm.HEAPU8.buffer, address, length);
}

/**
 * The whole heap as 32-bit words, the one at address `a` having index `a / 4`; the rule of `floatsAt` applies.
 *
 * For moving elements of any 32-bit type: integers, since a move as float may alter the bits of what is no float.
 */
export function allWords(backend: WasmBackend): Int32Array {
  return new Int32Array(backend.wasm.HEAPU8.buffer);
}

/** A view of a float32 tensor's values; the rule of `floatsAt` applies. */
export function floatsOf(backend: WasmBackend, tensor: tf.TensorInfo): Float32Array {
  return floatsAt(backend, addressOf(backend, tensor), sizeOf(tensor.shape));
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

/** Runs `body` with `count` floats of uninitialised scratch memory and frees them afterwards. */
export function withScratch<T>(backend: WasmBackend, count: number, body: (address: number) => T): T {
  const address = backend.wasm._malloc(Math.max(count, 1) * 4) >>> 0;
  try {
    return body(address);
  } finally {
    backend.wasm._free(address);
  }
}

/** Copies `count` runs of `length` words, at given distances on either side; all in words. */
export function copyRuns(
  heap: Int32Array,
  from: number,
  fromStride: number,
  to: number,
  toStride: number,
  length: number,
  count: number,
): void {
  if (count <= 0) return;
  if (fromStride === length && toStride === length) {
    heap.copyWithin(to, from, from + count * length);
  } else if (length >= 16) {
    for (let run = 0; run < count; run++, from += fromStride, to += toStride) {
      heap.copyWithin(to, from, from + length);
    }
  } else {
    // A block copy has a fixed price, too high for these.
    for (let run = 0; run < count; run++, from += fromStride, to += toStride) {
      for (let at = 0; at < length; at++) heap[to + at] = heap[from + at] as number;
    }
  }
}

/** Runs another kernel of the wasm backend. */
export function runKernel(
  backend: WasmBackend,
  name: string,
  inputs: tf.NamedTensorInfoMap,
  attrs: object = {},
): tf.TensorInfo {
  // Its attributes are what the kernel's name says; none of those we call has several results.
  const call = { inputs, attrs: attrs as tf.NamedAttrMap, backend };
  return tf.getKernel(name, "wasm").kernelFunc(call) as tf.TensorInfo;
}

/** A float32 scalar. */
export function makeScalar(backend: WasmBackend, value: number): tf.TensorInfo {
  const scalar = backend.makeOutput([], "float32");
  floatsOf(backend, scalar)[0] = value;
  return scalar;
}

/**
 * Visits `[pixels, channels]` block by block, and a block channel by channel: what depends on the channel is then a
 * local variable of the caller's loop instead of an array element, which is twice as fast.
 *
 * @param visit gets a channel, and the range of a loop over its elements, in steps of `channels`
 */
export function forEachRun(
  size: number,
  channels: number,
  visit: (channel: number, begin: number, end: number) => void,
): void {
  const step = pixelsPerRun * channels;
  for (let block = 0; block < size; block += step) {
    const end = Math.min(block + step, size);
    for (let channel = 0; channel < channels; channel++) visit(channel, block + channel, end);
  }
}

/** With a few hundred channels, so many pixels still fit in the first-level cache. */
const pixelsPerRun = 32;
