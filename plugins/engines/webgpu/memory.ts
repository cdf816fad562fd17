/** Which buffer a tensor has: how it comes by one, and who else may have it. */
import * as tf from "@tensorflow/tfjs";
import { partSize, wholeOf } from "./parts.js";
import type { Pool } from "./pool.js";
import type { Slot, View } from "./slot.js";
import type { TensorData } from "./tfjs-backend.js";
import type { Uploads } from "./uploads.js";

/** Copies bytes from a slot into another, from this offset in it on. */
export type Copy = (from: Slot, to: Slot, bytes: number, offset: number) => void;

/** Tensors that are read as one. */
export interface Gathered {
  readonly slot: Slot;
  /** Whether they did not lie so already. */
  readonly isCopied: boolean;
  /** To be called once those who read it are in the commands. */
  release(): void;
}

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

  /** Gives tensors that have no buffers parts of one. @returns the whole */
  divide(all: readonly TensorData[]): View {
    const whole = this.pool.takeParts(all.map(bytesOf));
    for (const [at, part] of (whole.division?.parts ?? []).entries()) this.hand(all[at] as TensorData, part);
    return { slot: whole, bytes: whole.size };
  }

  /** Slots laid together as `divide` lays them: where they lie, or copied, as when weights come from a file. */
  gather(slots: readonly Slot[], sizes: readonly number[], copy: Copy): Gathered {
    const whole = wholeOf(slots);
    if (whole) return { slot: whole, isCopied: false, release: () => {} };
    const bytes = sizes.reduce((sum, size) => sum + partSize(size), 0);
    const slot = this.pool.take(bytes);
    let offset = 0;
    for (const [at, from] of slots.entries()) {
      const size = sizes[at] as number;
      copy(from, slot, size, offset);
      offset += partSize(size);
    }
    return { slot, isCopied: true, release: () => this.pool.give(slot) };
  }

  /** Of a tensor that has its buffer. */
  viewOf(data: TensorData): View {
    return { slot: this.slotOf(data.resource), bytes: Math.ceil(bytesOf(data) / 16) * 16 };
  }

  /** The same, for a shader that writes it: what JavaScript knows of its values, and who shares them, is over. */
  viewToWrite(data: TensorData, copy: Copy): View {
    data.values = null;
    const view = this.viewOf(data);
    if (!this.uploads.isShared(view.slot)) return view;
    const slot = this.pool.take(view.bytes);
    copy(view.slot, slot, view.bytes, 0);
    this.uploads.release(view.slot);
    data.resource = this.remember(slot);
    return { ...view, slot };
  }

  /** @param resource what a tensor has of this memory, or a buffer */
  slotOf(resource: unknown): Slot {
    // A part of a buffer, or a buffer.
    return this.#slots.get(resource as object) ?? this.adopt(resource as GPUBuffer);
  }

  take(bytes: number): GPUBuffer {
    const slot = this.pool.take(bytes);
    this.#slots.set(slot.buffer, slot);
    return slot.buffer;
  }

  /** Whether it was one of ours. */
  release(resource: object): boolean {
    const slot = this.#slots.get(resource);
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

  /** @returns what its tensor has: the buffer, and of a part of one the slot */
  private remember(slot: Slot): object {
    const resource = slot.whole ? slot : slot.buffer;
    this.#slots.set(resource, slot);
    return resource;
  }
}

/** All numbers have 32 bits on the device, truth values too. */
export function bytesOf({ shape }: Pick<TensorData, "shape">): number {
  return tf.util.sizeFromShape(shape) * 4;
}
