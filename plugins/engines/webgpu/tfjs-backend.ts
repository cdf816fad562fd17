/** tfjs' own backend for WebGPU as this engine extends it: with what its published type keeps private. */
import type * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Slot } from "./slot.js";

/** What is known of a tensor's values. */
export interface TensorData {
  /** In JavaScript: not yet uploaded, or read before. */
  values: tf.backend_util.TypedArray | Uint8Array[] | null;
  readonly dtype: tf.DataType;
  readonly shape: number[];
  resource?: unknown;
  /** Of a resource of ours, once somebody asked for it. */
  slot?: Slot | undefined;
  /** Tensors that have it. */
  readonly refCount: number;
  /** Where it is kept. */
  table?: object;
  /** Whether the buffer belongs to somebody else. */
  readonly external?: boolean;
  readonly complexTensorInfos?: object | null;
}

/** What tfjs asks of `tensorMap`. */
export interface TensorMap {
  get(dataId: object): TensorData;
  set(dataId: object, data: TensorData): void;
  has(dataId: object): boolean;
  delete(dataId: object): boolean;
  numDataIds(): number;
}

/** A shader of tfjs, ready to be run. */
export interface TfjsProgram {
  readonly pipeline: GPUComputePipeline;
  readonly dispatch: readonly [number, number, number];
  readonly shaderKey: string;
  readonly outputShape: number[];
  readonly size?: boolean;
  readonly outputComponent?: number;
  /** Set where it reads or draws pictures of a page. */
  readonly pixelsOpType?: unknown;
}

export interface TfjsUniform {
  readonly type: string;
  readonly data: readonly number[];
}

export interface TfjsBackend extends tf.KernelBackend {
  readonly device: GPUDevice;
  readonly queue: GPUQueue;
  tensorMap: TensorMap;
  bufferManager: object;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  commandQueueOwnedIds: object;
  uniformPendingDisposal: GPUBuffer[];
  /** Set while somebody measures. */
  readonly activeTimers?: unknown;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: unknown): tf.TensorInfo;
  uploadToGPU(dataId: object): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  releaseResource(dataId: object): void;
  submitQueue(): void;
  recordAndSubmit(
    program: TfjsProgram,
    output: tf.TensorInfo,
    inputs: readonly tf.TensorInfo[],
    uniform?: readonly TfjsUniform[] | null,
  ): void;
  read(dataId: object): Promise<tf.backend_util.BackendValues>;
  readSync(dataId: object): tf.backend_util.BackendValues;
}

// The class is the same; its type says of less that it is there.
export const TfjsBackend = WebGPUBackend as unknown as new (device: GPUDevice, info: GPUAdapterInfo) => TfjsBackend;
