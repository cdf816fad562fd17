/** The backend of this engine: memory and fallback kernels of tfjs' own, and a dispatcher for ours. */
import type * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { Dispatcher } from "./dispatcher.js";
import { type GpuSettings, usualSettings } from "./options.js";
import type { Dispatch } from "./shader.js";

/** What the published class keeps private, and shares with ours: both write into one pass, in order. */
interface Inside {
  readonly device: GPUDevice;
  readonly queue: GPUQueue;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  readonly tensorMap: { get(dataId: object): { resource: GPUBuffer | null } };
}

export class GpuBackend extends WebGPUBackend {
  private readonly dispatcher: Dispatcher;

  /** @param settings what the engine was started with */
  constructor(
    device: GPUDevice,
    info: GPUAdapterInfo,
    readonly settings: GpuSettings = usualSettings,
  ) {
    super(device, info);
    this.dispatcher = new Dispatcher(device);
  }

  /** A tensor whose values a dispatch is about to write. */
  allocate(shape: readonly number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
    const info = this.makeTensorInfo([...shape], dtype as "float32");
    this.uploadToGPU(info.dataId);
    return info;
  }

  /** Runs a shader after all that was asked before. */
  run({ shader, reads, writes, numbers, groups }: Dispatch): void {
    const buffers = [...reads, ...writes].map((tensor) => this.bufferOf(tensor));
    this.dispatcher.encode(this.pass(), shader, buffers, numbers, groups);
  }

  private bufferOf({ dataId }: tf.TensorInfo): GPUBuffer {
    this.uploadToGPU(dataId);
    return (this as unknown as Inside).tensorMap.get(dataId).resource as GPUBuffer;
  }

  private pass(): GPUComputePassEncoder {
    this.ensureCommandEncoderReady();
    const inside = this as unknown as Inside;
    inside.computePassEncoder ??= (inside.commandEncoder as GPUCommandEncoder).beginComputePass();
    return inside.computePassEncoder;
  }
}
