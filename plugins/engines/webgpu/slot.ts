/** Buffers as the engine keeps them. */

/** A buffer of the pool, or a part of one. */
export interface Slot {
  readonly buffer: GPUBuffer;
  /** Unique among all slots ever made. */
  readonly id: number;
  /** Where in the buffer it begins, in bytes. */
  readonly offset: number;
  readonly size: number;
  /** Whether somebody else made the buffer. */
  readonly isForeign: boolean;
  /** `Commands.serial` of the last commands that use its buffer. */
  lastUsed: number;
  /** Whether somebody has it. */
  isTaken: boolean;
  /** The request that got it last, and its number: see `Lasting`. */
  request: number;
  taken: number;
  /** The request that it was kept for when it was free last; nothing where any request may get it. */
  keptFor: number | undefined;
  /** Of a part: what it is a part of. */
  readonly whole?: Slot;
  /** What it was divided into when it was taken last in parts. */
  division?: Division;
}

/** A slot in parts. */
export interface Division {
  /** Equal for parts of equal sizes. */
  readonly key: string;
  readonly parts: readonly Slot[];
  /** Parts that somebody has. */
  held: number;
}

/** A slot, and how much of it a shader may see. */
export interface View {
  readonly slot: Slot;
  /** A multiple of 16, so that the last of a tensor's elements may be taken four at a time. */
  readonly bytes: number;
}
