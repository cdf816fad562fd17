/** Memory of the GPU: buffers by classes of size, kept when freed and handed out again. */
import type { Commands } from "./commands.js";
import { FreeSlots } from "./free-slots.js";
import { Lasting } from "./lasting.js";
import { divide, hold, partSize } from "./parts.js";
import type { Division, Slot } from "./slot.js";
import type { Witness } from "./witness.js";

/** Where buffers come from. */
export interface BufferSource {
  /** Nothing where the device says at once that it has no memory left; some devices say so later. */
  create(bytes: number): GPUBuffer | undefined;
  /** What to say then, and where the bound does not allow so many bytes more. */
  exhausted(bytes: number): Error;
}

/** See {@link Pool.mark}. */
export interface Mark {
  readonly requests: number;
  readonly request: number;
  readonly bytesInUse: number;
}

/** What requests were given: slots, with the number of the request among them. */
export interface Served {
  readonly requests: number;
  /** The last. */
  readonly request: number;
  /** The most that was in use, beside what was before. */
  readonly bytes: number;
  /** What is in use after them. */
  readonly lasting: readonly (Timed & { readonly request: number; readonly division: Division | undefined })[];
  /** What is not. */
  readonly passing: readonly Timed[];
}

interface Timed {
  readonly slot: Slot;
  readonly taken: number;
}

/** Up to this size a fresh buffer costs less than handing over commands so that one of those in use may be written. */
const small = 64 << 10;
/** After so many steps free slots are looked through, and those go that none of these steps asked for. */
const patience = 32;

/**
 * Freed slots may be handed out at once: commands run in the order in which they were asked for, so that whoever writes a slot
 * anew does so after its last reader. Only what the queue itself writes, ahead of the commands being written, needs a slot
 * that these do not use.
 *
 * Requests for what outlives a step have slots of their own (see `Lasting`); all others get the free slot of lowest number. So
 * the same requests get the same slots in each step, and find bind groups that are there already.
 */
export class Pool {
  readonly #free = new FreeSlots();
  readonly #lasting = new Lasting();
  #ids = 0;
  #bytesInUse = 0;
  /** Of free slots that stay with their requests. */
  #bytesKept = 0;
  #peak = 0;
  #beats = 0;
  /** Requests before free slots were last looked through. */
  #lookedThrough = 0;
  /** Told of what is taken and given back, while a recording is made. */
  witness: Pick<Witness, "took" | "tookParts" | "gave"> | undefined;

  constructor(
    private readonly source: BufferSource,
    private readonly commands: Commands,
    /** Bytes that all buffers together may have. */
    private readonly bound = Number.POSITIVE_INFINITY,
  ) {}

  get bytesInUse(): number {
    return this.#bytesInUse;
  }
  /** Kept for reuse. */
  get bytesFree(): number {
    return this.#free.bytes + this.#bytesKept;
  }
  /** The most that was in use. */
  get peak(): number {
    return this.#peak;
  }
  /** A step is over: requests are counted anew. */
  beat(): void {
    this.#lasting.beat();
    if (++this.#beats % patience > 0) return;
    this.release(this.#lookedThrough);
    this.destroy(this.#free.takeUntouched(this.#lookedThrough));
    this.#lookedThrough = this.#lasting.requests;
  }

  /** A slot of at least so many bytes, with whatever it held before. */
  take(bytes: number): Slot {
    const slot = this.serve(sizeClass(bytes), () => true);
    this.witness?.took(slot, bytes);
    return slot;
  }

  /** A slot in parts of so many bytes, which are given back one by one. */
  takeParts(bytes: readonly number[]): Slot {
    const sizes = bytes.map(partSize);
    const whole = this.serve(
      sizes.reduce((sum, size) => sum + size, 0),
      () => true,
    );
    const { parts } = divide(whole, sizes, () => ++this.#ids);
    this.witness?.tookParts(whole, parts, bytes);
    return whole;
  }

  /** One that the queue may write ahead of the commands being written. */
  takeForUpload(bytes: number): Slot {
    const size = sizeClass(bytes);
    const isOut = (slot: Slot) => slot.lastUsed < this.commands.serial;
    if (size > small && !this.#free.lowest(size, isOut) && this.#free.lowest(size, () => true)) this.commands.submit();
    return this.serve(size, isOut);
  }

  /** Where requests stand, and what is in use. */
  get mark(): Mark {
    return { requests: this.#lasting.requests, request: this.#lasting.request, bytesInUse: this.#bytesInUse };
  }

  /**
   * Makes requests that were made before, at once: they are given the slots of then.
   *
   * @param served whose lasting slots are free
   */
  serveAgain({ requests, request, lasting, passing }: Served): void {
    const begin = this.#lasting.requests;
    this.#lasting.advance(requests, request);
    for (const { slot, taken } of passing) slot.taken = begin + taken;
    for (const { slot, taken, request, division } of lasting) {
      if (slot.keptFor !== undefined) this.#bytesKept -= slot.size;
      else this.#free.remove(slot);
      this.#bytesInUse += slot.size;
      slot.isTaken = true;
      slot.request = request;
      slot.taken = begin + taken;
      if (division) hold(division);
    }
  }

  /** So many bytes more were in use for a while. */
  reach(bytes: number): void {
    this.#peak = Math.max(this.#peak, this.#bytesInUse + bytes);
  }

  give(slot: Slot): void {
    this.witness?.gave(slot);
    slot.isTaken = false;
    const { division } = slot.whole ?? {};
    if (division && --division.held > 0) return;
    this.free(slot.whole ?? slot);
  }

  /** Gives free buffers back to the device, large ones first, until at most so many bytes are free. */
  trim(bytes = 0): void {
    if (this.bytesFree <= bytes) return;
    this.release(Number.POSITIVE_INFINITY);
    this.destroy(this.#free.takeLargest(bytes));
  }

  /** A buffer that is not the pool's, as if it were. */
  foreign(buffer: GPUBuffer): Slot {
    return this.slot(buffer, buffer.size, true);
  }

  private free(slot: Slot): void {
    slot.isTaken = false;
    this.#bytesInUse -= slot.size;
    if (this.#lasting.keeps(slot)) this.#bytesKept += slot.size;
    else this.#free.add(slot);
  }

  private serve(size: number, isAllowed: (slot: Slot) => boolean): Slot {
    const own = this.#lasting.next(size);
    const slot = own
      ? own.find((slot) => !slot.isTaken && slot.size === size && isAllowed(slot))
      : this.#free.lowest(size, isAllowed);
    if (slot && own) this.#bytesKept -= size;
    else if (slot) this.#free.remove(slot);
    const served = slot ?? this.make(size);
    served.isTaken = true;
    this.#lasting.taken(served);
    this.#bytesInUse += size;
    this.#peak = Math.max(this.#peak, this.#bytesInUse);
    return served;
  }

  private release(since: number): void {
    for (const slot of this.#lasting.release(since)) {
      this.#bytesKept -= slot.size;
      this.#free.add(slot);
    }
  }

  private destroy(slots: Iterable<Slot>): void {
    // A buffer in commands that are not handed over yet must live.
    this.commands.submit();
    for (const slot of slots) {
      // Whoever remembers it finds that it is not free.
      slot.isTaken = true;
      slot.buffer.destroy();
    }
  }

  private make(size: number): Slot {
    const room = this.bound - this.#bytesInUse - size;
    if (room < 0) throw this.source.exhausted(size);
    this.trim(room);
    return this.slot(this.source.create(size) ?? this.createAfterTrim(size), size, false);
  }

  private createAfterTrim(size: number): GPUBuffer {
    this.trim();
    const buffer = this.source.create(size);
    if (!buffer) throw this.source.exhausted(size);
    return buffer;
  }

  private slot(buffer: GPUBuffer, size: number, isForeign: boolean): Slot {
    const times = { lastUsed: 0, request: 0, taken: 0, keptFor: undefined };
    return { buffer, id: ++this.#ids, offset: 0, size, isForeign, isTaken: true, ...times };
  }
}

/** The next size at or above: powers of two in eight steps, so that at most an eighth is wasted. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  // Bindings and copies have sizes that are divisible by 4; steps are powers of two, and here 32 or more.
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 3);
  return Math.ceil(bytes / step) * step;
}
