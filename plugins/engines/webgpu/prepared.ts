/**
 * What a recording comes to on certain buffers: runs that are bound, and slots that its requests were given. As long as
 * these slots are free again when it is run the next time, nobody has to be asked for them one by one.
 */
import type * as tf from "@tensorflow/tfjs";
import type { BoundRun } from "./dispatcher.js";
import type { Parts } from "./parts-of-backend.js";
import type { Mark, Served } from "./pool.js";
import type { Division, Slot } from "./slot.js";

/** A slot that was free when the recording began, and how. */
interface Fresh {
  readonly slot: Slot;
  readonly keptFor: number | undefined;
  /** Of one that was taken in parts. */
  readonly division: Division | undefined;
}

/** All that is known of a recording on certain buffers. */
interface Known {
  readonly begin: Mark;
  /** See `Dispatcher.age`. */
  readonly age: number;
  /** What it is given, and its constants. */
  readonly bound: readonly Slot[];
  readonly runs: readonly BoundRun[];
  /** All buffers of the runs. */
  readonly touched: readonly Slot[];
  readonly fresh: readonly Fresh[];
  /** Of what it is given and lets go of: the places, and those whose slots it takes then. */
  readonly used: readonly number[];
  readonly reused: readonly number[];
  readonly served: Served;
  /** Slots of what it makes. */
  readonly made: readonly Slot[];
}

export class Prepared {
  constructor(
    private readonly parts: Parts,
    private readonly known: Known,
  ) {}

  /** Whether these are its buffers, and requests stand where they stood. */
  isFor(bound: readonly Slot[]): boolean {
    const { known, parts } = this;
    if (known.begin.request !== parts.pool.mark.request || known.bound.length !== bound.length) return false;
    for (let at = 0; at < bound.length; at++) if (known.bound[at] !== bound[at]) return false;
    return true;
  }

  /** Does it. @returns the slots of what it makes; nothing, and does nothing, where a slot is not free as it was */
  run(given: readonly tf.TensorInfo[]): readonly Slot[] | undefined {
    if (!this.isPossible(given)) return undefined;
    const { known, parts } = this;
    const { pool, dispatcher } = parts;
    dispatcher.encodeAll(known.runs, known.touched);
    pool.reach(known.served.bytes);
    for (const place of known.used) parts.letGo(given[place] as tf.TensorInfo);
    pool.serveAgain(known.served);
    return known.made;
  }

  private isPossible(given: readonly tf.TensorInfo[]): boolean {
    const { known, parts } = this;
    if (known.age !== parts.dispatcher.age) return false;
    for (const { slot, keptFor, division } of known.fresh)
      if (slot.isTaken || slot.keptFor !== keptFor || (division && slot.division !== division)) return false;
    // Their slots are free once they are let go of, unless somebody else has them.
    return known.reused.every(
      (place) =>
        parts.dataOf(given[place] as tf.TensorInfo).refCount === 1 &&
        !parts.uploads.isShared(known.bound[place] as Slot),
    );
  }
}

/** Notes what a recording comes to while it is run act by act. */
export class Preparation {
  readonly #begin: Mark;
  readonly #age: number;
  readonly #runs: BoundRun[] = [];
  readonly #touched = new Set<Slot>();
  readonly #fresh = new Map<Slot, Fresh>();
  readonly #used: number[] = [];
  readonly #released = new Map<Slot, number>();
  readonly #reused = new Set<number>();
  readonly #taken = new Set<Slot>();
  #most = 0;
  #isRefused = false;

  /** @param bound slots of what is given, then of constants */
  constructor(
    private readonly parts: Parts,
    private readonly bound: readonly Slot[],
  ) {
    this.#begin = parts.pool.mark;
    this.#age = parts.dispatcher.age;
  }

  ran(run: BoundRun, slots: readonly Slot[], places: readonly number[]): void {
    this.#runs.push(run);
    for (const place of places) {
      const slot = slots[place] as Slot;
      this.#touched.add(slot.whole ?? slot);
    }
  }

  /** Just now. */
  took(slot: Slot, division?: Division): void {
    const { keptFor } = slot;
    const place = this.#released.get(slot);
    if (place !== undefined) this.#reused.add(place);
    else if (!this.#fresh.has(slot)) this.#fresh.set(slot, { slot, keptFor, division });
    this.#taken.add(slot);
    this.#most = Math.max(this.#most, this.parts.pool.bytesInUse);
  }

  letGo(place: number): void {
    this.#used.push(place);
    this.#released.set(this.bound[place] as Slot, place);
  }

  /** Told of what is not the same each time. */
  refuse(): void {
    this.#isRefused = true;
  }

  /**
   * @param own slots that are in use after it
   * @param made those of what it makes
   */
  end(own: readonly Slot[], made: readonly Slot[]): Prepared | undefined {
    const { parts } = this;
    const begin = this.#begin;
    if (this.#isRefused || this.#age !== parts.dispatcher.age) return undefined;
    const { requests, request } = parts.pool.mark;
    const lasting = new Set(own.map((slot) => slot.whole ?? slot));
    const passing = [...this.#taken].filter((slot) => !lasting.has(slot));
    const timed = (slot: Slot) => ({ slot, taken: slot.taken - begin.requests });
    // What is in use in parts is so in all of them: else the recording was refused.
    const inParts = new Set(own.flatMap(({ whole }) => (whole ? [whole] : [])));
    return new Prepared(parts, {
      begin,
      age: this.#age,
      bound: this.bound,
      runs: this.#runs,
      touched: [...this.#touched],
      fresh: [...this.#fresh.values()],
      used: this.#used,
      reused: [...this.#reused],
      served: {
        requests: requests - begin.requests,
        request,
        bytes: Math.max(0, this.#most - begin.bytesInUse),
        lasting: [...lasting].map((slot) => ({
          ...timed(slot),
          request: slot.request,
          division: inParts.has(slot) ? slot.division : undefined,
        })),
        passing: passing.map(timed),
      },
      made,
    });
  }
}
