/** What is asked of the GPU and not yet handed to it: one encoder, in it one open pass, submitted every so many dispatches. */

export class Commands {
  /** The encoder being written. */
  encoder: GPUCommandEncoder | null = null;
  /** Its pass that is open. */
  pass: GPUComputePassEncoder | null = null;
  /** Rises with each submission. A buffer whose last use is of this number is in commands that the queue does not have yet. */
  serial = 1;
  #dispatches = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly submitEvery: number,
  ) {}

  /** An open pass. */
  openPass(): GPUComputePassEncoder {
    this.pass ??= this.openEncoder().beginComputePass();
    return this.pass;
  }

  /** An encoder outside of any pass. */
  outsidePass(): GPUCommandEncoder {
    this.endPass();
    return this.openEncoder();
  }

  endPass(): void {
    this.pass?.end();
    this.pass = null;
  }

  /** Told of each dispatch. */
  dispatched(): void {
    if (++this.#dispatches >= this.submitEvery) this.submit();
  }

  /** Hands over what was asked so far. */
  submit(): void {
    if (!this.encoder) return;
    this.endPass();
    const commands = this.encoder.finish();
    this.encoder = null;
    this.#dispatches = 0;
    this.serial++;
    this.device.queue.submit([commands]);
  }

  openEncoder(): GPUCommandEncoder {
    this.encoder ??= this.device.createCommandEncoder();
    return this.encoder;
  }
}
