/** Slots that lie in one buffer: tensors that are updated together are bound together. */
import type { Division, Slot } from "./slot.js";

/** Every device binds a buffer from multiples of this on. */
const alignment = 256;

/** Bytes that a part takes. */
export function partSize(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** A slot within another. */
class Part implements Slot {
  readonly isForeign = false;
  isTaken = false;
  request = 0;
  taken = 0;
  readonly keptFor = undefined;

  constructor(
    readonly whole: Slot,
    readonly id: number,
    readonly offset: number,
    readonly size: number,
  ) {}

  get buffer(): GPUBuffer {
    return this.whole.buffer;
  }
  get lastUsed(): number {
    return this.whole.lastUsed;
  }
  set lastUsed(serial: number) {
    this.whole.lastUsed = serial;
  }
}

/** Divides a slot; into the parts of the last time, if they have the same sizes: what is bound stays bound. */
export function divide(whole: Slot, sizes: readonly number[], nextId: () => number): Division {
  const key = sizes.join();
  if (whole.division?.key !== key) {
    let offset = 0;
    const parts = sizes.map((size) => {
      const part = new Part(whole, nextId(), offset, size);
      offset += size;
      return part;
    });
    whole.division = { key, parts, held: 0 };
  }
  hold(whole.division);
  return whole.division;
}

/** All parts are taken. */
export function hold(division: Division): void {
  for (const part of division.parts) part.isTaken = true;
  division.held = division.parts.length;
}

/** What these slots are all the parts of, in this order. */
export function wholeOf(slots: readonly Slot[]): Slot | undefined {
  const whole = slots[0]?.whole;
  const parts = whole?.division?.parts;
  if (parts?.length !== slots.length) return undefined;
  return slots.every((slot, at) => slot === parts[at]) ? whole : undefined;
}
