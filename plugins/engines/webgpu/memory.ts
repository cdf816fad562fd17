/** Which buffer a tensor has: how it comes by one, and who else may have it. */
import * as tf from "@tensorflow/tfjs";
import type { Pool } from "./pool.js";
import type { Slot, View } from "./slot.js";
import type { TensorData } from "./tfjs-backend.js";
import type { Uploads } from "./uploads.js";

export class TensorMemory {
  readonly #slots = new WeakMap<object, Slot>();

  constructor(
    private readonly pool: Pool,
    private readonly uploads: Uploads,
  ) {}

  /** Gives a tensor its buffer: with its values, if JavaScript has them, or with whatever lies there. */
  provide(data: TensorData): void {
    if (data.resource != null) return;
    const slot = data.values
      ? this.uploads.send(data.values as tf.backend_util.TypedArray, data.dtype)
      : this.pool.take(bytesOf(data));
    data.values = null;
    data.resource = this.remember(slot);
  }

  /** Gives a tensor this slot, which nobody else has. */
  hand(data: TensorData, slot: Slot): void {
    data.resource = this.remember(slot);
  }

  /** Of a tensor that has its buffer. */
  viewOf(data: TensorData): View {
    return { slot: this.slotOf(data.resource as GPUBuffer), bytes: Math.ceil(bytesOf(data) / 16) * 16 };
  }

  /** The same, for a shader that writes it: what JavaScript knows of its values, and who shares them, is over. */
  viewToWrite(data: TensorData, copy: (from: Slot, to: Slot, bytes: number) => void): View {
    data.values = null;
    const view = this.viewOf(data);
    if (!this.uploads.isShared(view.slot)) return view;
    const slot = this.pool.take(view.bytes);
    copy(view.slot, slot, view.bytes);
    this.uploads.release(view.slot);
    data.resource = this.remember(slot);
    return { ...view, slot };
  }

  slotOf(buffer: GPUBuffer): Slot {
    return this.#slots.get(buffer) ?? this.adopt(buffer);
  }

  take(bytes: number): GPUBuffer {
    return this.remember(this.pool.take(bytes));
  }

  /** Whether the buffer was one of ours. */
  release(buffer: GPUBuffer): boolean {
    const slot = this.#slots.get(buffer);
    if (!slot || slot.isForeign) return false;
    this.uploads.release(slot);
    return true;
  }

  /** A buffer that somebody else made. */
  private adopt(buffer: GPUBuffer): Slot {
    const slot = this.pool.foreign(buffer);
    this.#slots.set(buffer, slot);
    return slot;
  }

  private remember(slot: Slot): GPUBuffer {
    this.#slots.set(slot.buffer, slot);
    return slot.buffer;
  }
}

/** All numbers have 32 bits on the device, truth values too. */
export function bytesOf({ shape }: Pick<TensorData, "shape">): number {
  return tf.util.sizeFromShape(shape) * 4;
}
