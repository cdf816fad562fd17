/** What a plugin must not lose when a run is interrupted. */
import { duplicateName } from "./errors.js";
import type { NamedArray } from "./named-array.js";
import { checkName } from "./names.js";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A plugin's memory, as it goes into a checkpoint. */
export interface SavedState {
  readonly values?: Json;
  readonly tensors?: ReadonlyMap<string, NamedArray>;
}

/** Something that survives an interruption: it can say what it holds, and take it back. */
export interface Stateful {
  save(): SavedState | Promise<SavedState>;
  load(saved: SavedState): void | Promise<void>;
  /** Frees its tensors, when the stage is left. */
  dispose?(): void;
}

/** Where a plugin declares its state: `training.state.declare("patience", { save, load })`. */
export interface StateRegister {
  declare(name: string, stateful: Stateful): void;
}

/** A register that keeps what is declared in a map. @throws FGKD_INVALID_NAME, FGKD_DUPLICATE_NAME */
export function registerIn(states: Map<string, Stateful>): StateRegister {
  return {
    declare: (name, stateful) => {
      checkName("state", name);
      if (states.has(name)) throw duplicateName("state", name);
      states.set(name, stateful);
    },
  };
}

/** What all of them hold, by name. */
export async function saveAll(states: ReadonlyMap<string, Stateful>): Promise<Readonly<Record<string, SavedState>>> {
  const saved = [...states].map(async ([name, stateful]) => [name, await stateful.save()] as const);
  return Object.fromEntries(await Promise.all(saved));
}
