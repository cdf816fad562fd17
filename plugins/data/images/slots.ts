/** Memory that threads write batches into, used again and again: fresh memory costs more than what is written there. */

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
