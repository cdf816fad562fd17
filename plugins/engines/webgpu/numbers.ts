/** Numbers that shaders are given, in one uniform buffer by their content: what repeats is there already. */
import type { Commands } from "./commands.js";

/** Offsets that a binding may have: every device allows multiples of this. */
const alignment = 256;
const places = 4096;

export class Numbers {
  readonly buffer: GPUBuffer;
  readonly #offsets = new Map<string, number>();
  #used = 0;
  /** Offsets hold as long as this does. */
  age = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly commands: Commands,
  ) {
    this.buffer = device.createBuffer({
      label: "numbers",
      size: places * alignment,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
  }

  /**
   * Where in the buffer these words stand. Holds for the commands that are written before other words are asked for.
   *
   * @param key equal for equal words alone
   */
  offsetOf(key: string, wordsOf: () => Uint32Array<ArrayBuffer>): number {
    const known = this.#offsets.get(key);
    if (known !== undefined) return known;
    const words = wordsOf();
    const need = Math.ceil(words.byteLength / alignment);
    if (this.#used + need > places) this.startAgain();
    const offset = this.#used * alignment;
    this.#used += need;
    this.device.queue.writeBuffer(this.buffer, offset, words);
    this.#offsets.set(key, offset);
    return offset;
  }

  /** The queue writes ahead of the commands being written: those that use what stands there are handed over first. */
  private startAgain(): void {
    this.commands.submit();
    this.age++;
    this.#offsets.clear();
    this.#used = 0;
  }
}
