/** Memory of the GPU: buffers by classes of size, kept when freed and handed out again. */
import type { Commands } from "./commands.js";

/** A buffer of the pool. */
export interface Slot {
  readonly buffer: GPUBuffer;
  /** Unique among all slots ever made. */
  readonly id: number;
  readonly size: number;
  /** Whether somebody else made the buffer. */
  readonly isForeign: boolean;
  /** Whether it is for values that come from JavaScript: such slots are handed out apart from the others. */
  readonly forUploads: boolean;
  /** `Commands.serial` of the last commands that use it. */
  lastUsed: number;
}

/** A slot, and how much of it a shader may see. */
export interface View {
  readonly slot: Slot;
  /** A multiple of 16, so that the last of a tensor's elements may be taken four at a time. */
  readonly bytes: number;
}

/** What the pool tells its owner. */
export interface PoolEvents {
  /** Buffers are gone: whoever remembers them forgets them. */
  trimmed(): void;
  /** The bound does not allow so many bytes more. */
  exhausted(bytes: number): Error;
  /** The device did not give a buffer that was counted on; told later. */
  refused(bytes: number, message: string): void;
}

/** Uploads up to this size get a fresh buffer where none that is free is out of the commands being written. */
const small = 64 << 10;

/**
 * Freed slots may be handed out at once: commands run in the order in which they were asked for, so that whoever writes a slot
 * anew does so after its last reader. Of the free ones of a class that of lowest number is taken. So the same requests,
 * from the same slots in use, get the same slots: a training step that repeats binds the buffers that it bound before.
 */
export class Pool {
  /** Free slots by class, the lowest number last. */
  readonly #free = { uploads: new Map<number, Slot[]>(), results: new Map<number, Slot[]>() };
  #ids = 0;
  #bytesInUse = 0;
  #bytesFree = 0;
  #peak = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly commands: Commands,
    private readonly events: PoolEvents,
    /** Bytes that all buffers together may have. */
    private readonly bound = Number.POSITIVE_INFINITY,
  ) {}

  get bytesInUse(): number {
    return this.#bytesInUse;
  }
  /** Kept for reuse. */
  get bytesFree(): number {
    return this.#bytesFree;
  }
  /** The most that was in use. */
  get peak(): number {
    return this.#peak;
  }

  /** A slot of at least so many bytes, with whatever it held before. */
  take(bytes: number): Slot {
    const size = sizeClass(bytes);
    const free = this.#free.results.get(size)?.pop();
    return free ? this.reuse(free) : this.make(size, false);
  }

  /** One that the queue may write before it gets the commands being written. */
  takeForUpload(bytes: number): Slot {
    const size = sizeClass(bytes);
    const list = this.#free.uploads.get(size) ?? [];
    const at = list.findLastIndex((slot) => slot.lastUsed < this.commands.serial);
    if (at >= 0) return this.reuse(list.splice(at, 1)[0] as Slot);
    const busy = size <= small ? undefined : list.pop();
    if (!busy) return this.make(size, true);
    this.commands.submit();
    return this.reuse(busy);
  }

  give(slot: Slot): void {
    this.#bytesInUse -= slot.size;
    this.#bytesFree += slot.size;
    const lists = slot.forUploads ? this.#free.uploads : this.#free.results;
    const list = lists.get(slot.size);
    if (list) list.splice(placeOf(slot, list), 0, slot);
    else lists.set(slot.size, [slot]);
  }

  /** Gives free buffers back to the device, large ones first, until at most so many bytes are free. */
  trim(bytes = 0): void {
    if (this.#bytesFree <= bytes) return;
    // A buffer in commands that are not handed over yet must live.
    this.commands.submit();
    const sizes = Object.values(this.#free)
      .flatMap((lists) => [...lists])
      .sort(([a], [b]) => b - a);
    for (const [size, list] of sizes) {
      while (list.length > 0 && this.#bytesFree > bytes) {
        list.shift()?.buffer.destroy();
        this.#bytesFree -= size;
      }
    }
    this.events.trimmed();
  }

  /** A buffer that is not the pool's, as if it were. */
  foreign(buffer: GPUBuffer): Slot {
    return { buffer, id: ++this.#ids, size: buffer.size, isForeign: true, forUploads: true, lastUsed: 0 };
  }

  private reuse(slot: Slot): Slot {
    this.#bytesFree -= slot.size;
    this.count(slot.size);
    return slot;
  }

  private make(size: number, forUploads: boolean): Slot {
    const room = this.bound - this.#bytesInUse - size;
    if (room < 0) throw this.events.exhausted(size);
    this.trim(room);
    this.count(size);
    this.device.pushErrorScope("out-of-memory");
    const buffer = this.device.createBuffer({
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    this.device.popErrorScope().then(
      (error) => error && this.events.refused(size, error.message),
      () => {}, // The device is lost, which is told elsewhere.
    );
    return { buffer, id: ++this.#ids, size, isForeign: false, forUploads, lastUsed: 0 };
  }
  private count(size: number): void {
    this.#bytesInUse += size;
    this.#peak = Math.max(this.#peak, this.#bytesInUse);
  }
}

/** The next size at or above: powers of two in eight steps, so that at most an eighth is wasted. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  // Bindings and copies have sizes that are divisible by 4; steps are powers of two, and here 32 or more.
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 3);
  return Math.ceil(bytes / step) * step;
}

/** Where a slot belongs in a list that falls by number. */
function placeOf(slot: Slot, list: readonly Slot[]): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as Slot).id > slot.id) low = middle + 1;
    else high = middle;
  }
  return low;
}
