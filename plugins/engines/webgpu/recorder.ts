/**
 * Notes what a piece of work does with the device, and does it again on whatever buffers are free then: the same requests to
 * the pool and the same runs, in the same order, so that memory and bind groups are those of the work itself.
 */
import type * as tf from "@tensorflow/tfjs";
import type { Noting, Recording } from "../../../core/ops/index.js";
import type { Gathered } from "./memory.js";
import type { Parts } from "./parts-of-backend.js";
import type { RunAgain } from "./run-again.js";
import type { Slot, View } from "./slot.js";
import type { Witness } from "./witness.js";

/** Places are numbered: those of what is given, then each as it comes. */
type Act =
  | { readonly does: "take"; readonly place: number; readonly bytes: number }
  | {
      readonly does: "take parts";
      readonly place: number;
      readonly parts: readonly number[];
      readonly bytes: readonly number[];
    }
  | {
      readonly does: "gather";
      readonly place: number;
      readonly parts: readonly number[];
      readonly bytes: readonly number[];
    }
  | { readonly does: "give"; readonly place: number }
  | { readonly does: "let go"; readonly place: number }
  | { readonly does: "run"; readonly run: RunAgain; readonly places: readonly number[] };

/** In a place, or, of numbers that stood in the code and that a gradient needs again, their words. */
type Lasting = { readonly place: number } | { readonly constant: Int32Array };

type Made = Lasting & { readonly shape: readonly number[]; readonly dtype: tf.DataType };

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

class Replay implements Recording {
  readonly used: ReadonlySet<number>;

  constructor(
    private readonly parts: Parts,
    private readonly acts: readonly Act[],
    private readonly made: readonly Made[],
    private readonly constants: ReadonlyMap<number, Int32Array>,
    private readonly count: number,
  ) {
    this.used = new Set(acts.flatMap((act) => (act.does === "let go" ? [act.place] : [])));
  }

  run(given: readonly tf.TensorInfo[]): readonly tf.TensorInfo[] {
    const { parts, acts, constants } = this;
    const { pool, dispatcher, uploads, memory } = parts;
    parts.settle();
    const slots = new Array<Slot>(this.count);
    for (let place = 0; place < given.length; place++) slots[place] = slotOf(parts, given[place] as tf.TensorInfo);
    for (const [place, words] of constants) slots[place] = uploads.send(words, "int32");
    const own = new Map<number, Slot>();
    const gathered: Gathered[] = [];
    try {
      for (let at = 0; at < acts.length; at++) {
        const act = acts[at] as Act;
        if (act.does === "run") dispatcher.again(act.run, slots, act.places);
        else if (act.does === "take") {
          const slot = pool.take(act.bytes);
          slots[act.place] = slot;
          own.set(act.place, slot);
        } else if (act.does === "take parts") {
          const whole = pool.takeParts(act.bytes);
          slots[act.place] = whole;
          for (const [part, slot] of (whole.division?.parts ?? []).entries()) {
            const place = act.parts[part] as number;
            slots[place] = slot;
            own.set(place, slot);
          }
        } else if (act.does === "gather") {
          const lying = act.parts.map((place) => slots[place] as Slot);
          const laid = memory.gather(lying, act.bytes, parts.copy);
          slots[act.place] = laid.slot;
          gathered.push(laid);
        } else if (act.does === "give") {
          pool.give(slots[act.place] as Slot);
          own.delete(act.place);
        } else parts.letGo(given[act.place] as tf.TensorInfo);
      }
    } catch (error) {
      for (const slot of own.values()) pool.give(slot);
      throw error;
    } finally {
      for (const one of gathered) one.release();
      for (const place of constants.keys()) uploads.release(slots[place] as Slot);
    }
    return this.made.map(({ shape, dtype, ...lasting }) => {
      const tensor = parts.make(shape, dtype);
      const slot = "place" in lasting ? slots[lasting.place] : uploads.send(lasting.constant, "int32");
      memory.hand(parts.dataOf(tensor), slot as Slot);
      return tensor;
    });
  }

  equals(other: Recording): boolean {
    return other instanceof Replay && other.words() === this.words();
  }

  /** All of it in words. */
  private words(): string {
    const acts = this.acts.map((act) => {
      if (act.does !== "run") return act;
      const { key, groups, numbers } = act.run.known;
      return { key, groups, numbers: numbers?.key, places: act.places };
    });
    const constants = [...this.constants].map(([place, words]) => [place, ...words]);
    return JSON.stringify([acts, this.made, constants, this.count]);
  }
}

function slotOf({ memory, dataOf }: Parts, tensor: tf.TensorInfo): Slot {
  const data = dataOf(tensor);
  memory.provide(data);
  return memory.slotOf(data.resource);
}
