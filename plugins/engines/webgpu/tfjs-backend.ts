/** tfjs' own backend for WebGPU as this engine extends it: with what its published type keeps private. */
import type * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** What is known of a tensor's values. */
export interface TensorData {
  /** In JavaScript: not yet uploaded, or read before. */
  values: tf.backend_util.TypedArray | Uint8Array[] | null;
  readonly dtype: tf.DataType;
  readonly shape: number[];
  resource?: unknown;
  /** Tensors that have it. */
  readonly refCount: number;
  /** Whether the buffer belongs to somebody else. */
  readonly external?: boolean;
  readonly complexTensorInfos?: object | null;
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
  readonly tensorMap: { has(dataId: object): boolean; get(dataId: object): TensorData };
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
