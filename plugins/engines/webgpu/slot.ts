/** Buffers as the engine keeps them. */

/** A buffer of the pool. */
export interface Slot {
  readonly buffer: GPUBuffer;
  /** Unique among all slots ever made. */
  readonly id: number;
  readonly size: number;
  /** Whether somebody else made the buffer. */
  readonly isForeign: boolean;
  /** `Commands.serial` of the last commands that use it. */
  lastUsed: number;
  /** Whether somebody has it. */
  isTaken: boolean;
  /** The request that got it last, and its number: see `Lasting`. */
  request: number;
  taken: number;
}

/** A slot, and how much of it a shader may see. */
export interface View {
  readonly slot: Slot;
  /** A multiple of 16, so that the last of a tensor's elements may be taken four at a time. */
  readonly bytes: number;
}
