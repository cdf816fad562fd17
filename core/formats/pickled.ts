/** What a pickle is made of, once read. */

/** Tuples are lists here; sets, bytes and other harmless things are `Unread`. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Pickled[]
  | Map<Pickled, Pickled>
  | Unread
  | object;

/** Something that nobody needs: it stands where it stood, and has nothing of what it was made with. */
export class Unread {}

/** A name that a pickle may have, and what it stands for. */
export type Global =
  /** A function or a class: what calling it makes. */
  | { readonly call: (given: readonly Pickled[]) => Pickled }
  /** A thing. */
  | { readonly value: object };

/** What a caller's pickles may be made of. */
export interface Vocabulary {
  /** By `module.name`. @throws PickleProblem where it is not to be had */
  global(name: string): Global;
  /** What stands outside of the pickle. @throws PickleProblem */
  persistent(given: Pickled): object;
}

/** Why a pickle is refused. */
export class PickleProblem extends Error {}

/** Begins what ends at an instruction further on. */
export const mark = Symbol("mark");

/** What an instruction finds on the stack. */
export type Slot = Pickled | typeof mark | { readonly global: Global };
