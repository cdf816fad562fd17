/** Slots that nobody has, by class of size, lowest number first. */
import type { Slot } from "./slot.js";

export class FreeSlots {
  /** By class; within one, numbers fall: the lowest is the last. */
  readonly #lists = new Map<number, Slot[]>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(slot: Slot): void {
    const list = this.#lists.get(slot.size);
    if (list) list.splice(placeOf(slot, list), 0, slot);
    else this.#lists.set(slot.size, [slot]);
    this.#bytes += slot.size;
  }

  /** Takes out this one, which is there. */
  remove(slot: Slot): void {
    const list = this.#lists.get(slot.size) as Slot[];
    list.splice(placeOf(slot, list), 1);
    this.#bytes -= slot.size;
  }

  /** The lowest of a class that is allowed. */
  lowest(size: number, isAllowed: (slot: Slot) => boolean): Slot | undefined {
    return this.#lists.get(size)?.findLast(isAllowed);
  }

  /** Takes out those that were taken last by this request or one before it. */
  takeUntouched(request: number): readonly Slot[] {
    const untouched = [...this.#lists.values()].flat().filter(({ taken }) => taken <= request);
    for (const slot of untouched) this.remove(slot);
    return untouched;
  }

  /** Takes out large ones first, until at most so many bytes are left. */
  *takeLargest(left: number): Generator<Slot> {
    for (const [, list] of [...this.#lists].sort(([a], [b]) => b - a)) {
      while (this.#bytes > left) {
        const slot = list.shift();
        if (!slot) break;
        this.#bytes -= slot.size;
        yield slot;
      }
    }
  }
}

/** Where a slot is, or belongs, in a list that falls by number. */
function placeOf(slot: Slot, list: readonly Slot[]): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as Slot).id > slot.id) low = middle + 1;
    else high = middle;
  }
  return low;
}
