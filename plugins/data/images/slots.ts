/** Memory that threads write batches into, used again and again: fresh memory costs more than what is written there. */
import type { Pass } from "../../../core/index.js";
import type { BatchTask } from "./tasks.js";

/** Where pixels are normalised: on the threads that make them, or on the device. */
export type Normalise = "threads" | "device";

type Shape = Pick<Pass, "batchSize" | "input">;

/** What a whole batch takes: floats, or bytes for the device to normalise. */
export function batchBytes({ batchSize, input }: Shape, normalise: Normalise): number {
  return batchSize * input.crop ** 2 * 3 * (normalise === "device" ? 1 : Float32Array.BYTES_PER_ELEMENT);
}

export interface Slots {
  /** Shared memory for so many pictures of a batch. What lies there is of no meaning. */
  take(pass: Shape, pictures: number): BatchTask["images"];
  /** For whoever comes next. Nobody reads or writes it any more. */
  giveBack(images: BatchTask["images"]): void;
  clear(): void;
}

/** @param most how many bytes are kept while nobody needs them */
export function createSlots(most: number, normalise: Normalise): Slots {
  const View = normalise === "device" ? Uint8Array : Float32Array;
  const free: ArrayBufferLike[] = [];
  let kept = 0;
  return {
    take: (pass, pictures) => {
      const bytes = batchBytes(pass, normalise);
      const found = free.findIndex(({ byteLength }) => byteLength === bytes);
      const [slot = new SharedArrayBuffer(bytes)] = found === -1 ? [] : free.splice(found, 1);
      if (found !== -1) kept -= bytes;
      return new View(slot as ArrayBuffer, 0, pictures * pass.input.crop ** 2 * 3);
    },
    giveBack: ({ buffer }) => {
      if (kept + buffer.byteLength > most) return;
      kept += buffer.byteLength;
      free.push(buffer);
    },
    clear: () => {
      free.length = 0;
      kept = 0;
    },
  };
}
