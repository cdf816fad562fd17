/** Memory for pictures that are being decoded, which all threads share out among themselves. */
import { totalmem } from "node:os";
import { setTimeout } from "node:timers/promises";

/** Mebibytes in use, in memory that all threads see, and how many there may be. */
export interface PictureMemory {
  readonly used: Int32Array;
  readonly limit: number;
}

const mebi = 2 ** 20;

/** Milliseconds between looks whether there is room: pictures that have to wait take longer than that. */
const PAUSE = 5;

/** Bytes for pictures in decoders, of all threads together: a quarter of the machine's, at most. */
const MEMORY = 2 ** 31;

/** @param bytes how many there are; a picture that needs more has them for itself alone */
export function createPictureMemory(bytes = Math.min(MEMORY, totalmem() / 4)): PictureMemory {
  return { used: new Int32Array(new SharedArrayBuffer(4)), limit: Math.floor(bytes / mebi) };
}

/** What one picture takes of it: nothing until it is known how much. */
export interface Hold {
  reserve(bytes: number): Promise<void>;
  /** Gives back what was taken. */
  release(): void;
}

export function holdMemory(memory: PictureMemory): Hold {
  let giveBack = () => {};
  return {
    reserve: async (bytes) => {
      giveBack = await reserve(memory, bytes);
    },
    release: () => giveBack(),
  };
}

/** Waits until there is room for so many bytes more, or nobody else has any. @returns what gives them back */
export async function reserve({ used, limit }: PictureMemory, bytes: number): Promise<() => void> {
  const wanted = Math.min(Math.ceil(bytes / mebi), 2 ** 30);
  for (;;) {
    const now = Atomics.load(used, 0);
    if (now === 0 || now + wanted <= limit) {
      if (Atomics.compareExchange(used, 0, now, now + wanted) === now) break;
    } else await setTimeout(PAUSE);
  }
  return () => void Atomics.sub(used, 0, wanted);
}
