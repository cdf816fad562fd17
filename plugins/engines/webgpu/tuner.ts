/** Measures products that no tuning knew, at a moment when nobody else uses the device. */
import type { GpuBackend } from "./backend.js";
import { finish, measure } from "./kernels/products/measure.js";
import { known } from "./kernels/products/run.js";

/** Looks whether the device is still, before a read is answered without any measuring. */
const patience = 50;
/** Milliseconds between two looks: work that JavaScript is about to ask for has begun by then. */
const pause = 5;

/**
 * To be awaited before a read is answered: who waits for values asks for nothing meanwhile. What is measured is kept for runs
 * that start later; this one goes on as it began, since another tile changes the last digits of sums.
 */
export class Tuner {
  #isMeasuring = false;

  constructor(
    private readonly backend: GpuBackend,
    private readonly now: () => number = () => performance.now(),
    private readonly wait: (milliseconds: number) => Promise<void> = (milliseconds) =>
      new Promise((resolve) => void setTimeout(resolve, milliseconds)),
  ) {}

  async whileWaiting(): Promise<void> {
    // Measuring itself reads.
    if (this.#isMeasuring || known(this.backend).untuned.size === 0) return;
    this.#isMeasuring = true;
    try {
      if (await this.isStill()) await measure(this.backend, { now: this.now, adopt: false });
    } catch {
      // Without room for operands of its own, or for a line in the file, the run goes on as it is.
      known(this.backend).untuned.clear();
    } finally {
      this.#isMeasuring = false;
    }
  }

  private async isStill(): Promise<boolean> {
    for (let look = 0; look < patience; look++) {
      const before = this.backend.stats().dispatches;
      await this.wait(pause);
      await finish(this.backend);
      if (this.backend.stats().dispatches === before) return true;
    }
    return false;
  }
}
