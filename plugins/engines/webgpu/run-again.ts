/** One run of a shader as it may be written again: all but the buffers that it is bound to. */
import type { Slot } from "./slot.js";

/** What is known of a run when it is written first. */
export interface KnownRun {
  /** Of its pipeline. */
  readonly key: string;
  readonly pipeline: GPUComputePipeline;
  readonly groups: readonly [number, number, number];
  /** Of the numbers that it is given: their key, and what they are. */
  readonly numbers: { readonly key: string; readonly words: Uint32Array<ArrayBuffer> } | undefined;
  /** Whether their place is told with each dispatch, and not by what is bound. */
  readonly isDynamic: boolean;
  /** Binds buffers, with numbers at this offset. */
  bind(slots: readonly Slot[], offset: number): GPUBindGroup;
}

/** Sets of buffers that are remembered: weights take turns between two or three. */
const remembered = 8;

export class RunAgain {
  /** Where its numbers stand, as long as `age` is that of all numbers. */
  offset = 0;
  age = -1;
  readonly #bound: { readonly slots: readonly Slot[]; readonly group: GPUBindGroup }[] = [];

  constructor(readonly known: KnownRun) {}

  /** Its numbers have moved. */
  moveTo(offset: number, age: number): void {
    if (offset !== this.offset && !this.known.isDynamic) this.#bound.length = 0;
    this.offset = offset;
    this.age = age;
  }

  /** @param places of its buffers among these slots */
  groupFor(slots: readonly Slot[], places: readonly number[]): GPUBindGroup {
    const bound = this.#bound;
    search: for (let at = 0; at < bound.length; at++) {
      const known = bound[at] as (typeof bound)[number];
      for (let binding = 0; binding < places.length; binding++)
        if (known.slots[binding] !== slots[places[binding] as number]) continue search;
      return known.group;
    }
    const own = places.map((place) => slots[place] as Slot);
    const group = this.known.bind(own, this.offset);
    if (bound.length >= remembered) bound.shift();
    bound.push({ slots: own, group });
    return group;
  }
}
