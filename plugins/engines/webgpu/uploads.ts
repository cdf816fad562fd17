/** Values that come from JavaScript. */
import type * as tf from "@tensorflow/tfjs";
import type { Pool } from "./pool.js";
import type { Slot } from "./slot.js";

type Values = tf.backend_util.TypedArray;

/** Values so few are looked up by their content: a training step asks for the same constants again and again. */
const few = 16;
/** Constants that nobody uses, and that are kept all the same. */
const kept = 256;

export class Uploads {
  /** By content, that of longest ago first; each with the number of tensors that have it. */
  readonly #constants = new Map<string, { readonly slot: Slot; users: number }>();
  readonly #keys = new Map<Slot, string>();
  #copy = new Uint8Array();
  /** Bytes sent so far. */
  bytes = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly pool: Pool,
    /** Makes a slot's first words all the same, on the device. */
    private readonly repeat: (slot: Slot, word: number, words: number) => void,
  ) {}

  /** A slot with these values, 32 bits each: of real numbers as float32, else as whole numbers. It may be shared: see `own`. */
  send(values: Values, dtype: tf.DataType): Slot {
    const words = asWords(values, dtype);
    if (words.length > few) return this.sendMany(words);
    const key = words.join();
    const known = this.#constants.get(key);
    // Put in again, at the end: the first is that of longest ago.
    this.#constants.delete(key);
    const { slot, users } = known ?? { slot: this.sendAnew(words), users: 0 };
    this.#constants.set(key, { slot, users: users + 1 });
    if (!known) this.#keys.set(slot, key);
    return slot;
  }

  /** A slot with these bytes, four in a word. */
  sendBytes(values: Uint8Array): Slot {
    const slot = this.pool.takeForUpload(values.byteLength);
    const whole = values.byteLength & ~3;
    if (whole > 0) this.write(slot, 0, values.subarray(0, whole));
    if (whole < values.byteLength) {
      const rest = new Uint8Array(4);
      rest.set(values.subarray(whole));
      this.write(slot, whole, rest);
    }
    return slot;
  }

  /** Whether other tensors may have this slot, too: nobody writes it. */
  isShared(slot: Slot): boolean {
    return this.#keys.has(slot);
  }

  /** What a slot holds that tensors share, in 32 bits each. */
  constantOf(slot: Slot): Int32Array | undefined {
    const key = this.#keys.get(slot);
    return key === undefined ? undefined : Int32Array.from(new Uint32Array(key.split(",").map(Number)));
  }

  /** A tensor no longer has this slot. */
  release(slot: Slot): void {
    const key = this.#keys.get(slot);
    const constant = key === undefined ? undefined : this.#constants.get(key);
    if (!constant) this.pool.give(slot);
    else if (--constant.users === 0 && this.#constants.size > kept) this.forgetUnused();
  }

  private forgetUnused(): void {
    for (const [key, { slot, users }] of this.#constants) {
      if (this.#constants.size <= kept) return;
      if (users > 0) continue;
      this.#constants.delete(key);
      this.#keys.delete(slot);
      this.pool.give(slot);
    }
  }

  private sendMany(words: Uint32Array): Slot {
    const [first = 0] = words;
    // Others differ within a few words, and are not looked through.
    if (words.some((word) => word !== first)) return this.sendAnew(words);
    const slot = this.pool.take(words.byteLength);
    this.repeat(slot, first, words.length);
    return slot;
  }

  private sendAnew(words: Uint32Array): Slot {
    const slot = this.pool.takeForUpload(words.byteLength);
    this.write(slot, 0, words);
    return slot;
  }

  private write(slot: Slot, offset: number, values: ArrayBufferView): void {
    this.bytes += values.byteLength;
    const { buffer, byteOffset, byteLength } = values.buffer instanceof ArrayBuffer ? values : this.unshared(values);
    this.device.queue.writeBuffer(slot.buffer, offset, buffer as ArrayBuffer, byteOffset, byteLength);
  }

  /** Dawn takes no shared memory, which threads that prepare images write. */
  private unshared({ buffer, byteOffset, byteLength }: ArrayBufferView): ArrayBufferView {
    if (this.#copy.byteLength < byteLength) this.#copy = new Uint8Array(byteLength);
    this.#copy.set(new Uint8Array(buffer, byteOffset, byteLength));
    return this.#copy.subarray(0, byteLength);
  }
}

/** The bits of the values as the device has them. */
function asWords(values: Values, dtype: tf.DataType): Uint32Array {
  const Numbers = dtype === "float32" ? Float32Array : Int32Array;
  const { buffer, byteOffset, length } = values instanceof Numbers ? values : Numbers.from(values);
  return new Uint32Array(buffer, byteOffset, length);
}
