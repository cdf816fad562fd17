/** Notes what a piece of work does with the device, so that it can be done again: see `Replay`. */
import type * as tf from "@tensorflow/tfjs";
import type { Noting, Recording } from "../../../core/ops/index.js";
import type { Parts } from "./parts-of-backend.js";
import { type Act, type Lasting, type Made, Replay, slotOf } from "./replay.js";
import type { RunAgain } from "./run-again.js";
import type { Slot, View } from "./slot.js";
import type { Witness } from "./witness.js";

/** Notes what is done until it is ended. */
export class Notes implements Witness, Noting {
  readonly #acts: Act[] = [];
  readonly #constants = new Map<number, Int32Array>();
  readonly #places = new Map<Slot, number>();
  readonly #own = new Set<number>();
  readonly #given: number;
  #count = 0;
  #isRefused = false;

  constructor(
    private readonly parts: Parts,
    given: readonly tf.TensorInfo[],
  ) {
    const { pool, dispatcher } = parts;
    // Of two that note at once, neither hears all.
    if (dispatcher.witness) this.refuse();
    dispatcher.witness?.refuse();
    parts.settle();
    for (const tensor of given) {
      // Else it could not be told from a constant of the same values.
      parts.unshare(tensor);
      const slot = slotOf(parts, tensor);
      // What two tensors share now they need not share the next time.
      if (this.#places.has(slot)) this.refuse();
      this.#places.set(slot, this.#count++);
    }
    this.#given = this.#count;
    pool.witness = this;
    dispatcher.witness = this;
  }

  took(slot: Slot, bytes: number): void {
    const place = this.#count++;
    this.#places.set(slot, place);
    this.#own.add(place);
    this.#acts.push({ does: "take", place, bytes });
  }

  tookParts(whole: Slot, parts: readonly Slot[], bytes: readonly number[]): void {
    const place = this.#count++;
    this.#places.set(whole, place);
    const places = parts.map((part) => {
      this.#places.set(part, this.#count);
      this.#own.add(this.#count);
      return this.#count++;
    });
    this.#acts.push({ does: "take parts", place, parts: places, bytes });
  }

  gathered(whole: Slot, parts: readonly Slot[], bytes: readonly number[]): void {
    const places = parts.map((part) => this.placeOf(part));
    const place = this.#count++;
    this.#places.set(whole, place);
    this.#acts.push({ does: "gather", place, parts: places, bytes });
  }

  gave(slot: Slot): void {
    const place = this.#places.get(slot);
    this.#places.delete(slot);
    if (place === undefined) return;
    if (this.#own.delete(place)) this.#acts.push({ does: "give", place });
    else if (place < this.#given) this.#acts.push({ does: "let go", place });
  }

  ran(run: RunAgain, views: readonly View[]): void {
    this.#acts.push({ does: "run", run, places: views.map(({ slot }) => this.placeOf(slot)) });
  }

  refuse(): void {
    this.#isRefused = true;
  }

  end(made: readonly tf.TensorInfo[]): Recording | undefined {
    const { parts } = this;
    try {
      parts.settle();
    } finally {
      parts.pool.witness = undefined;
      parts.dispatcher.witness = undefined;
    }
    const lasting = made.map((tensor): Made => {
      const { shape, dtype } = tensor;
      return { ...this.lasting(slotOf(parts, tensor)), shape, dtype };
    });
    if (this.#isRefused || this.#own.size > 0) return undefined;
    return new Replay(parts, this.#acts, lasting, this.#constants, this.#count);
  }

  private lasting(slot: Slot): Lasting {
    const place = this.#places.get(slot) ?? -1;
    if (this.#own.delete(place)) return { place };
    const isGiven = place >= 0 && place < this.#given;
    const constant = isGiven ? undefined : this.parts.uploads.constantOf(slot);
    if (constant) return { constant };
    this.refuse();
    return { place };
  }

  private placeOf(slot: Slot): number {
    const place = this.#places.get(slot);
    if (place !== undefined) return place;
    const constant = this.parts.uploads.constantOf(slot);
    if (!constant) this.refuse();
    else this.#constants.set(this.#count, constant);
    this.#places.set(slot, this.#count);
    return this.#count++;
  }
}
