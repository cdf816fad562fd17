/**
 * What a piece of work did with the device, to be done again on whatever buffers are free then: the same requests to the pool
 * and the same runs, in the same order, so that memory and bind groups are those of the work itself. On buffers that it was
 * done on before, all of it is known, and done at once: see `Prepared`.
 */
import type * as tf from "@tensorflow/tfjs";
import type { Recording } from "../../../core/ops/index.js";
import type { Gathered } from "./memory.js";
import type { Parts } from "./parts-of-backend.js";
import { Preparation, type Prepared } from "./prepared.js";
import type { RunAgain } from "./run-again.js";
import type { Slot } from "./slot.js";

/** Places are numbered: those of what is given, then each as it comes. */
export type Act =
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
export type Lasting = { readonly place: number } | { readonly constant: Int32Array };

export type Made = Lasting & { readonly shape: readonly number[]; readonly dtype: tf.DataType };

/** Sets of buffers for which all is prepared: weights and images take turns. */
const remembered = 8;

export class Replay implements Recording {
  readonly used: ReadonlySet<number>;
  readonly #prepared: Prepared[] = [];

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
    const { parts, constants, made } = this;
    const { uploads } = parts;
    parts.settle();
    const bound = given.map((tensor) => slotOf(parts, tensor));
    for (const words of constants.values()) bound.push(uploads.send(words, "int32"));
    let slots: readonly Slot[];
    try {
      slots = this.runPrepared(bound, given) ?? this.runActs(bound, given);
    } finally {
      for (let at = given.length; at < bound.length; at++) uploads.release(bound[at] as Slot);
    }
    return made.map((one, at) => {
      const slot = "place" in one ? (slots[at] as Slot) : uploads.send(one.constant, "int32");
      return parts.make(one.shape, one.dtype, slot);
    });
  }

  equals(other: Recording): boolean {
    return other instanceof Replay && other.words() === this.words();
  }

  /** @returns the slots of what it makes; nothing where not all is as it was */
  private runPrepared(bound: readonly Slot[], given: readonly tf.TensorInfo[]): readonly Slot[] | undefined {
    // Whoever notes is told of each act.
    if (this.parts.pool.witness) return undefined;
    const prepared = this.#prepared.find((one) => one.isFor(bound));
    return prepared?.run(given);
  }

  /** Does it act by act, and notes what it comes to. */
  private runActs(bound: readonly Slot[], given: readonly tf.TensorInfo[]): readonly Slot[] {
    const { parts, acts, constants } = this;
    const { pool, dispatcher, memory } = parts;
    const slots = new Array<Slot>(this.count);
    for (let place = 0; place < given.length; place++) slots[place] = bound[place] as Slot;
    for (const [at, place] of [...constants.keys()].entries()) slots[place] = bound[given.length + at] as Slot;
    const preparation = new Preparation(parts, bound);
    const own = new Map<number, Slot>();
    const gathered: Gathered[] = [];
    try {
      for (let at = 0; at < acts.length; at++) {
        const act = acts[at] as Act;
        if (act.does === "run") preparation.ran(dispatcher.again(act.run, slots, act.places), slots, act.places);
        else if (act.does === "take") {
          const slot = pool.take(act.bytes);
          slots[act.place] = slot;
          own.set(act.place, slot);
          preparation.took(slot);
        } else if (act.does === "take parts") {
          const whole = pool.takeParts(act.bytes);
          slots[act.place] = whole;
          for (const [part, slot] of (whole.division?.parts ?? []).entries()) {
            const place = act.parts[part] as number;
            slots[place] = slot;
            own.set(place, slot);
          }
          preparation.took(whole, whole.division);
        } else if (act.does === "gather") {
          const lying = act.parts.map((place) => slots[place] as Slot);
          const laid = memory.gather(lying, act.bytes, parts.copy);
          slots[act.place] = laid.slot;
          gathered.push(laid);
          if (laid.isCopied) preparation.refuse();
        } else if (act.does === "give") {
          const slot = slots[act.place] as Slot;
          pool.give(slot);
          own.delete(act.place);
          if (slot.whole) preparation.refuse();
        } else {
          parts.letGo(given[act.place] as tf.TensorInfo);
          preparation.letGo(act.place);
        }
      }
    } catch (error) {
      for (const slot of own.values()) pool.give(slot);
      throw error;
    } finally {
      for (const one of gathered) one.release();
    }
    // Constants are not in a place, and have no slot yet.
    const made = this.made.map((one) => ("place" in one ? slots[one.place] : undefined) as Slot);
    this.remember(preparation.end([...own.values()], made), bound);
    return made;
  }

  private remember(prepared: Prepared | undefined, bound: readonly Slot[]): void {
    const all = this.#prepared;
    const before = all.findIndex((one) => one.isFor(bound));
    if (before >= 0) all.splice(before, 1);
    if (!prepared) return;
    if (all.length >= remembered) all.shift();
    all.push(prepared);
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

export function slotOf({ memory, dataOf }: Parts, tensor: tf.TensorInfo): Slot {
  const data = dataOf(tensor);
  memory.provide(data);
  return memory.slotOf(data);
}
