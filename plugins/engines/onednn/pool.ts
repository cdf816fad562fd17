/** Memory for tensors: freed buffers are kept and handed out again, since fresh pages cost as much as the work on them. */

/** Where buffers come from, and where they go at last. */
export interface BufferSource {
  allocate(bytes: number): ArrayBuffer;
  release(buffer: ArrayBuffer): void;
}

/** Buffers kept for reuse may exceed the greatest need so far by this much. */
const slack = 64 << 20;

export class BufferPool {
  /** Idle buffers by size, the most recently used last: its pages are the likeliest to be in a cache. */
  readonly #idle = new Map<number, ArrayBuffer[]>();
  /** Every buffer that came from the source and has not been given back to it. */
  readonly #owned = new Set<ArrayBuffer>();
  #bytesInUse = 0;
  #bytesIdle = 0;
  #peak = 0;

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
    const bound = Math.max(this.#peak, this.#bytesInUse + size) + slack;
    if (this.#bytesInUse + this.#bytesIdle + size > bound) this.trim(Math.max(0, bound - this.#bytesInUse - size));
    try {
      return this.#own(this.source.allocate(size));
    } catch {
      this.trim();
      return this.#own(this.source.allocate(size));
    }
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
