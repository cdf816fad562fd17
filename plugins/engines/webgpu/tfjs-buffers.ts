/** In place of tfjs' own manager of buffers: those of tensors come from our memory, others are made and destroyed. */
import type { TensorMemory } from "./memory.js";

export class TfjsBuffers {
  constructor(
    private readonly device: GPUDevice,
    private readonly memory: TensorMemory,
    private readonly held: { readonly bytesInUse: number; readonly bytesFree: number },
  ) {}

  get numBytesUsed(): number {
    return this.held.bytesInUse;
  }
  get numBytesAllocated(): number {
    return this.held.bytesInUse + this.held.bytesFree;
  }

  acquireBuffer(size: number, usage: number, mappedAtCreation = false): GPUBuffer {
    const ofTensors = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    if (usage === ofTensors && !mappedAtCreation) return this.memory.take(size);
    return this.device.createBuffer({ size, usage, mappedAtCreation });
  }

  releaseBuffer(buffer: GPUBuffer): void {
    if (!this.memory.release(buffer)) buffer.destroy();
  }

  dispose(): void {
    // The device goes with the backend, and all of its buffers with it.
  }
}
