/** Memory for tensors: freed buffers are kept and handed out again, since fresh pages cost as much as the work on them. */
import type { Witness } from "./witness.js";

/** Where buffers come from, and where they go at last. */
export interface BufferSource {
  allocate(bytes: number): ArrayBuffer;
  release(buffer: ArrayBuffer): void;
  /** Bytes that this process may still take from the system. */
  available?(): number;
}

/**
 * A step that takes and gives buffers of many sizes needs more of them than are ever in use at once: those in use and those kept
 * may exceed the greatest need of late by this, or by a sixth of the need. Fresh pages in every step cost a tenth of it, or more.
 */
const slack = 224 << 20;
/** The same for what lies there of sizes that nobody asked for of late. */
const staleSlack = 64 << 20;
/** Requests after which needs count as past: some steps of a network. */
const memory = 20_000;
/** Fresh buffers of this size are worth a look at the system's memory, of which this much is left to others. */
const large = 4 << 20;
const reserve = 512 << 20;

/** Idle buffers of one size. */
interface Shelf {
  readonly buffers: ArrayBuffer[];
  /** The request at which one was last taken or given. */
  usedAt: number;
}

export class BufferPool {
  /** Told of what is taken and given while a recording is made. */
  witness: Witness | undefined;
  /** By size; the buffer that came last lies last: its pages are the likeliest to be in a cache. */
  readonly #idle = new Map<number, Shelf>();
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
    const shelf = this.#idle.get(size);
    if (shelf) {
      shelf.buffers.push(buffer);
      shelf.usedAt = this.#requests;
    } else this.#idle.set(size, { buffers: [buffer], usedAt: this.#requests });
    this.witness?.gave(buffer);
  }

  owns(buffer: ArrayBufferLike): boolean {
    return this.#owned.has(buffer as ArrayBuffer);
  }

  /**
   * Gives idle buffers back to the system until at most `bytes` are idle. Sizes that nobody asked for of late go first, then the
   * largest: small ones are most in number, and cost more to have anew for what they hold.
   */
  trim(bytes = 0): void {
    this.#trimSizes(this.#staleSizes(), bytes);
    const sizes = [...this.#idle.keys()].sort((a, b) => b - a);
    this.#trimSizes(sizes, bytes);
  }

  #trimSizes(sizes: readonly number[], bytes: number): void {
    for (const size of sizes) {
      const { buffers = [] } = this.#idle.get(size) ?? {};
      while (this.#bytesIdle > bytes) {
        const buffer = buffers.shift();
        if (buffer === undefined) break;
        this.#bytesIdle -= size;
        this.#owned.delete(buffer);
        this.source.release(buffer);
      }
      if (buffers.length === 0) this.#idle.delete(size);
    }
  }

  #staleSizes(): readonly number[] {
    const sizes = [...this.#idle].filter(([, { usedAt }]) => this.#requests - usedAt > memory / 4);
    return sizes.map(([size]) => size);
  }

  #reuse(size: number): ArrayBuffer | undefined {
    // A little too large is better than fresh; much too large would waste memory.
    for (let candidate = size, tries = 0; tries < 5; candidate = sizeClass(candidate + 1), tries++) {
      const shelf = this.#idle.get(candidate);
      const buffer = shelf?.buffers.pop();
      if (shelf === undefined || buffer === undefined) continue;
      shelf.usedAt = this.#requests;
      this.#bytesIdle -= candidate;
      return buffer;
    }
    return undefined;
  }

  #allocate(size: number): ArrayBuffer {
    const bound = withSlack(Math.max(this.#need(), this.#bytesInUse + size));
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
    this.#trimSizes(this.#staleSizes(), Math.max(0, this.#need() + staleSlack - this.#bytesInUse));
    this.trim(Math.max(0, withSlack(this.#need()) - this.#bytesInUse));
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

function withSlack(need: number): number {
  return need + Math.max(slack, need / 6);
}

/** The next size at or above `bytes`: powers of two in eight steps, so that at most an eighth is wasted. */
export function sizeClass(bytes: number): number {
  if (bytes <= 512) return Math.max(64, Math.ceil(bytes / 64) * 64);
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 3);
  return Math.ceil(bytes / step) * step;
}
