/** Which buffer a tensor has: how it comes by one, and who else may have it. */
import * as tf from "@tensorflow/tfjs";
import { partSize, wholeOf } from "./parts.js";
import type { Pool } from "./pool.js";
import type { Slot, View } from "./slot.js";
import type { TensorData, TensorMap } from "./tfjs-backend.js";
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
  /** Of buffers that tfjs asked for, or that somebody else made. */
  readonly #slots = new WeakMap<GPUBuffer, Slot>();

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
    this.hand(data, slot);
  }

  /** Gives a tensor this slot. */
  hand(data: TensorData, slot: Slot): void {
    data.slot = slot;
    // A part of a buffer is none that tfjs knows.
    data.resource = slot.whole ? slot : slot.buffer;
  }

  /** A tensor of what lies in a slot. */
  tensorOf(table: TensorMap, shape: readonly number[], dtype: tf.DataType, slot: Slot): tf.TensorInfo {
    const dataId = {};
    // Whoever makes tensors of it copies the shape.
    const data: TensorData = { values: null, dtype, shape: shape as number[], refCount: 1 };
    this.hand(data, slot);
    table.set(dataId, data);
    return { dataId, shape: data.shape, dtype };
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
    return { slot: this.slotOf(data), bytes: Math.ceil(bytesOf(data) / 16) * 16 };
  }

  /** The same, for a shader that writes it: what JavaScript knows of its values, and who shares them, is over. */
  viewToWrite(data: TensorData, copy: Copy): View {
    data.values = null;
    const view = this.viewOf(data);
    if (!this.uploads.isShared(view.slot)) return view;
    const slot = this.pool.take(view.bytes);
    copy(view.slot, slot, view.bytes, 0);
    this.uploads.release(view.slot);
    this.hand(data, slot);
    return { ...view, slot };
  }

  /** Of a tensor that has its buffer. */
  slotOf(data: TensorData): Slot {
    data.slot ??= this.adopt(data.resource as GPUBuffer);
    return data.slot;
  }

  /** A tensor's slot is no longer its own. @returns whether it had one of ours */
  letGo(data: TensorData): boolean {
    const { slot } = data;
    if (!slot || slot.isForeign) return false;
    data.slot = undefined;
    data.resource = null;
    this.uploads.release(slot);
    return true;
  }

  take(bytes: number): GPUBuffer {
    const slot = this.pool.take(bytes);
    this.#slots.set(slot.buffer, slot);
    return slot.buffer;
  }

  /** Whether it was one of ours. */
  release(buffer: GPUBuffer): boolean {
    const slot = this.#slots.get(buffer);
    if (!slot || slot.isForeign) return false;
    this.uploads.release(slot);
    return true;
  }

  /** A buffer that tfjs took, or that somebody else made. */
  private adopt(buffer: GPUBuffer): Slot {
    const known = this.#slots.get(buffer);
    if (known) return known;
    const slot = this.pool.foreign(buffer);
    this.#slots.set(buffer, slot);
    return slot;
  }
}

/** All numbers have 32 bits on the device, truth values too. */
export function bytesOf({ shape }: Pick<TensorData, "shape">): number {
  return tf.util.sizeFromShape(shape) * 4;
}
