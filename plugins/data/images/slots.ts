/** Memory that threads write batches into, used again and again: fresh memory costs more than what is written there. */
import type { Pass } from "../../../core/index.js";

/** Where pixels are normalised: on the threads that make them, or on the device. */
export type Normalise = "threads" | "device";

type Shape = Pick<Pass, "batchSize" | "input">;

/** What a whole batch takes: floats, or bytes for the device to normalise. */
export function batchBytes({ batchSize, input }: Shape, normalise: Normalise): number {
  return batchSize * input.crop ** 2 * 3 * (normalise === "device" ? 1 : Float32Array.BYTES_PER_ELEMENT);
}

/** The part of a batch's memory that so many pictures take. */
export function batchView(
  slot: SharedArrayBuffer,
  pictures: number,
  { crop }: Pass["input"],
  normalise: Normalise,
): Float32Array | Uint8Array {
  const length = pictures * crop ** 2 * 3;
  return normalise === "device" ? new Uint8Array(slot, 0, length) : new Float32Array(slot, 0, length);
}

export interface Slots {
  /** Memory of so many bytes. What lies there is of no meaning. */
  take(bytes: number): SharedArrayBuffer;
  /** For whoever comes next. Nobody reads or writes it any more. */
  giveBack(slot: SharedArrayBuffer): void;
  clear(): void;
}

/** @param most how many bytes are kept while nobody needs them */
export function createSlots(most: number): Slots {
  const free: SharedArrayBuffer[] = [];
  let kept = 0;
  return {
    take: (bytes) => {
      const found = free.findIndex(({ byteLength }) => byteLength === bytes);
      if (found === -1) return new SharedArrayBuffer(bytes);
      kept -= bytes;
      return free.splice(found, 1)[0] as SharedArrayBuffer;
    },
    giveBack: (slot) => {
      if (kept + slot.byteLength > most) return;
      kept += slot.byteLength;
      free.push(slot);
    },
    clear: () => {
      free.length = 0;
      kept = 0;
    },
  };
}
