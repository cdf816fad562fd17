/** Slots of what outlives a step, apart from those that a step takes and gives back. */
import type { Slot } from "./slot.js";

/** What has lived for so much of a step is not from within one. */
const most = 0.9;
/** A step that is longer than those since is forgotten by and by. */
const fading = 0.99;

/**
 * Each step makes new weights beside the old ones. Took they whatever is free, then all that comes after found other buffers than
 * in the step before, and each buffer would be bound anew. So a request whose slot stayed in use for a step gets slots of its
 * own, two or three in turn, and the slots of all other requests are free at the end of each step.
 *
 * A step is what lies between two beats, and a request is known by the sizes that were asked for since the beat.
 */
export class Lasting {
  readonly #own = new Map<number, Slot[]>();
  #requests = 0;
  /** Of `#requests`, at the last beat. */
  #begin = 0;
  #length = Number.POSITIVE_INFINITY;
  #request = 0;

  /** So far. */
  get requests(): number {
    return this.#requests;
  }

  /** That of the last request: alike where all since the beat were. */
  get request(): number {
    return this.#request;
  }

  /** As many requests more were made, and the last is this one. */
  advance(requests: number, last: number): void {
    this.#requests += requests;
    this.#request = last;
  }

  /** A step is over. */
  beat(): void {
    const length = this.#requests - this.#begin;
    this.#length = Number.isFinite(this.#length) ? Math.max(length, this.#length * fading) : length;
    this.#begin = this.#requests;
    this.#request = 0;
  }

  /** Begins a request for so many bytes: its own slots, if it is one for what outlives a step. */
  next(size: number): readonly Slot[] | undefined {
    this.#requests++;
    this.#request = (Math.imul(this.#request, 31) + Math.imul(size, 0x9e3779b1) + 1) | 0;
    return this.#own.get(this.#request);
  }

  /** The request that was begun last got this slot. */
  taken(slot: Slot): void {
    slot.request = this.#request;
    slot.taken = this.#requests;
  }

  /** Whether a slot that is given back stays with its request. */
  keeps(slot: Slot): boolean {
    slot.keptFor = undefined;
    const own = this.#own.get(slot.request);
    const at = own?.indexOf(slot) ?? -1;
    if (this.#requests - slot.taken < most * this.#length) {
      if (at >= 0) own?.splice(at, 1);
      if (own?.length === 0) this.#own.delete(slot.request);
      return false;
    }
    if (!own) this.#own.set(slot.request, [slot]);
    else if (at < 0) own.push(slot);
    slot.keptFor = slot.request;
    return true;
  }

  /** Takes out the free slots that no request took after that of this number: it is not made any more. */
  release(since: number): readonly Slot[] {
    const released: Slot[] = [];
    for (const [request, own] of this.#own) {
      const stays = own.filter((slot) => slot.isTaken || slot.taken > since);
      if (stays.length === own.length) continue;
      const goes = own.filter((slot) => !stays.includes(slot));
      for (const slot of goes) slot.keptFor = undefined;
      released.push(...goes);
      if (stays.length > 0) this.#own.set(request, stays);
      else this.#own.delete(request);
    }
    return released;
  }
}
