/** What goes wrong on the device is heard of later: it is kept, and thrown where the device is needed next. */
import { engineFailed, type FgkdError, outOfMemory } from "../../../core/index.js";

const name = "webgpu";

export class Faults {
  #first: FgkdError | undefined;

  constructor(device: GPUDevice) {
    device.addEventListener("uncapturederror", ({ error }) => this.report(refused("a command", error.message)));
    device.lost.then(({ reason, message }) => this.report(lost(reason, message)));
  }

  /** The first counts: what follows comes of it. */
  report(error: FgkdError): void {
    this.#first ??= error;
  }

  /** @throws FGKD_ENGINE_FAILED, FGKD_OUT_OF_MEMORY once the device failed */
  check(): void {
    if (this.#first) throw this.#first;
  }
}

/** A command, or a shader, is not one that the device takes: a defect of fgkd or of a driver. */
export function refused(what: string, message: string): FgkdError {
  return engineFailed(
    name,
    `the device refuses ${what}: ${message.trim()}`,
    "That is a defect of this engine or of the card's driver: a newer driver may help, and another engine will.",
  );
}

function lost(reason: string, message: string): FgkdError {
  return engineFailed(
    name,
    `the device is lost (${[reason, message.trim()].filter(Boolean).join(": ")})`,
    "A reset of the driver, a card too hot, or its removal do that. The run goes on with --resume, from its last checkpoint.",
  );
}

/** What an allocation lacks, and what would fit. */
export function exhausted(bytes: number, held: number, bound?: number): FgkdError {
  const limit = bound === undefined ? "" : ` of the ${Math.floor(bound / 2 ** 20)} MiB that the option memory allows`;
  return outOfMemory(
    name,
    bytes,
    held,
    `Halve batchSize and set accumulate to 2: half the images are on the card at once, and an update still sees all of them. Or use smaller images.${limit && ` It is${limit}.`}`,
  );
}
