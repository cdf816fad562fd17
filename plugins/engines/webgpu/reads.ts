/** Values on their way back to JavaScript, through staging buffers that are used again. */
import type { Commands } from "./commands.js";
import type { Faults } from "./faults.js";
import { sizeClass } from "./pool.js";
import type { Slot } from "./slot.js";

/** A staging buffer for what is asked for together. */
const together = 64 << 10;
/** Bytes of staging buffers that are kept. */
const kept = 64 << 20;

interface Staging {
  readonly buffer: GPUBuffer;
  readonly size: number;
}

/** What is asked for in one turn of JavaScript: one submission, one wait. */
interface Turn {
  readonly staging: Staging;
  used: number;
  /** Done when the values are there. */
  readonly mapped: Promise<ArrayBuffer>;
}

export class Reads {
  readonly #free = new Map<number, Staging[]>();
  #bytesFree = 0;
  #turn: Turn | undefined;

  constructor(
    private readonly device: GPUDevice,
    private readonly commands: Commands,
    private readonly faults: Faults,
    /** Told when something is asked for. */
    private readonly beat: () => void,
  ) {}

  /** The values as they are after all that was asked for before; what is asked for later may change them. */
  async read(slot: Slot, bytes: number): Promise<ArrayBuffer> {
    const turn = this.turnFor(bytes);
    const offset = turn.used;
    turn.used += bytes;
    slot.lastUsed = this.commands.serial;
    this.commands.outsidePass().copyBufferToBuffer(slot.buffer, slot.offset, turn.staging.buffer, offset, bytes);
    return (await turn.mapped).slice(offset, offset + bytes);
  }

  private turnFor(bytes: number): Turn {
    const open = this.#turn;
    if (open && open.used + bytes <= open.staging.size) return open;
    const staging = this.stage(Math.max(bytes, together));
    const turn: Turn = { staging, used: 0, mapped: Promise.resolve().then(() => this.finish(turn)) };
    this.#turn = turn;
    this.beat();
    return turn;
  }

  /** Hands over all that was asked for, waits for it, and copies the values. @throws what went wrong on the device */
  private async finish(turn: Turn): Promise<ArrayBuffer> {
    if (this.#turn === turn) this.#turn = undefined;
    const { staging, used } = turn;
    this.commands.submit();
    try {
      await staging.buffer.mapAsync(GPUMapMode.READ, 0, used);
    } catch (cause) {
      // The reason of a lost device comes with the events after.
      await new Promise((resolve) => setTimeout(resolve));
      this.faults.check();
      throw cause;
    }
    this.faults.check();
    const values = staging.buffer.getMappedRange(0, used).slice(0);
    staging.buffer.unmap();
    this.giveBack(staging);
    return values;
  }

  private stage(bytes: number): Staging {
    const size = sizeClass(bytes);
    const free = this.#free.get(size)?.pop();
    if (free) {
      this.#bytesFree -= size;
      return free;
    }
    const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
    return { size, buffer: this.device.createBuffer({ label: "staging", size, usage }) };
  }

  private giveBack(staging: Staging): void {
    if (this.#bytesFree + staging.size > kept) {
      staging.buffer.destroy();
      return;
    }
    this.#bytesFree += staging.size;
    const list = this.#free.get(staging.size);
    if (list) list.push(staging);
    else this.#free.set(staging.size, [staging]);
  }
}
