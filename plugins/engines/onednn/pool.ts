/** Memory for tensors: freed buffers are kept and handed out again, since fresh pages cost as much as the work on them. */
import type { Witness } from "./witness.js";

/** Where buffers come from, and where they go at last. */
export interface BufferSource {
  allocate(bytes: number): ArrayBuffer;
  release(buffer: ArrayBuffer): void;
  /** Bytes that this process may still take from the system. */
  available?(): number;
}

/** Buffers in use and kept for reuse may exceed the greatest need of late by this much. */
const slack = 64 << 20;
/** Requests after which needs count as past: some steps of a network. */
const memory = 20_000;
/** Fresh buffers of this size are worth a look at the system's memory, of which this much is left to others. */
const large = 4 << 20;
const reserve = 512 << 20;

export class BufferPool {
  /** Told of what is taken and given while a recording is made. */
  witness: Witness | undefined;
  /** Idle buffers by size, the most recently used last: its pages are the likeliest to be in a cache. */
  readonly #idle = new Map<number, ArrayBuffer[]>();
  /** Every buffer that came from the source and has not been given back to it. */
  readonly #owned = new Set<ArrayBuffer>();
  #bytesInUse = 0;
  #bytesIdle = 0;
  /** The most in use since the last look back, and between the two looks before. */
  #peak = 0;
  #peakBefore = 0;
  #requests = 0;

  constructor(readonly source: BufferSource) {}

  get bytesInUse(): number {
    return this.#bytesInUse;
  }
  get bytesIdle(): number {
    return this.#bytesIdle;
  }

  /** A buffer of at least `bytes`, with whatever it held before. */
  take(bytes: number): ArrayBuffer {
    const size = sizeClass(bytes);
    const buffer = this.#reuse(size) ?? this.#allocate(size);
    this.#bytesInUse += buffer.byteLength;
    this.#peak = Math.max(this.#peak, this.#bytesInUse);
    if (++this.#requests % memory === 0) this.#lookBack();
    this.witness?.took(buffer, bytes);
    return buffer;
  }

  /** Takes a buffer back; nobody may use it from now on. */
  give(buffer: ArrayBuffer): void {
    const size = buffer.byteLength;
    this.#bytesInUse -= size;
    this.#bytesIdle += size;
    const list = this.#idle.get(size);
    if (list) list.push(buffer);
    else this.#idle.set(size, [buffer]);
    this.witness?.gave(buffer);
  }

  owns(buffer: ArrayBufferLike): boolean {
    return this.#owned.has(buffer as ArrayBuffer);
  }

  /** Gives idle buffers back to the system until at most `bytes` are idle. */
  trim(bytes = 0): void {
    // The size longest without use first: a Map keeps the order in which sizes were last put in.
    for (const [size, list] of this.#idle) {
      while (this.#bytesIdle > bytes) {
        const buffer = list.shift();
        if (buffer === undefined) break;
        this.#bytesIdle -= size;
        this.#owned.delete(buffer);
        this.source.release(buffer);
      }
      if (list.length === 0) this.#idle.delete(size);
      if (this.#bytesIdle <= bytes) return;
    }
  }

  #reuse(size: number): ArrayBuffer | undefined {
    // A little too large is better than fresh; much too large would waste memory.
    for (let candidate = size, tries = 0; tries < 3; candidate = sizeClass(candidate + 1), tries++) {
      const list = this.#idle.get(candidate);
      const buffer = list?.pop();
      if (list === undefined || buffer === undefined) continue;
      this.#idle.delete(candidate);
      if (list.length > 0) this.#idle.set(candidate, list);
      this.#bytesIdle -= candidate;
      return buffer;
    }
    return undefined;
  }

  #allocate(size: number): ArrayBuffer {
    const bound = Math.max(this.#need(), this.#bytesInUse + size) + slack;
    if (this.#bytesInUse + this.#bytesIdle + size > bound) this.trim(Math.max(0, bound - this.#bytesInUse - size));
    if (size >= large && this.#bytesIdle > 0 && this.#isScarce(size)) this.trim();
    try {
      return this.#own(this.source.allocate(size));
    } catch {
      this.trim();
      return this.#own(this.source.allocate(size));
    }
  }

  #need(): number {
    return Math.max(this.#peak, this.#peakBefore);
  }

  /** What a phase that is over needed is given back: an evaluation's sizes, the first steps'. */
  #lookBack(): void {
    this.trim(Math.max(0, this.#need() + slack - this.#bytesInUse));
    this.#peakBefore = this.#peak;
    this.#peak = this.#bytesInUse;
  }

  #isScarce(size: number): boolean {
    const { available } = this.source;
    return available !== undefined && available() < size + reserve;
  }

  #own(buffer: ArrayBuffer): ArrayBuffer {
    this.#owned.add(buffer);
    return buffer;
  }
}

/** The next size at or above `bytes`: powers of two in eight steps, so that at most an eighth is wasted. */
export function sizeClass(bytes: number): number {
  if (bytes <= 512) return Math.max(64, Math.ceil(bytes / 64) * 64);
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 3);
  return Math.ceil(bytes / step) * step;
}
