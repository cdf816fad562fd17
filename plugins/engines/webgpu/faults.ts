/** What goes wrong on the device is heard of later: it is kept, and thrown where the device is needed next. */
import { engineFailed, type FgkdError, outOfMemory } from "../../../core/index.js";

const name = "webgpu";

export class Faults {
  #first: FgkdError | undefined;
  /** Bytes of the buffer that was last asked for, and whether the device is being asked for it right now. */
  #asked = { bytes: 0, now: false, refused: false };

  /** @param lacking what to say where the device has no memory for so many bytes more */
  constructor(
    private readonly device: GPUDevice,
    lacking: (bytes: number) => FgkdError,
  ) {
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      const { error } = event;
      const isMemory = error instanceof GPUOutOfMemoryError;
      if (isMemory && this.#asked.now) this.#asked.refused = true;
      // The first counts: what follows comes of it.
      else this.#first ??= isMemory ? lacking(this.#asked.bytes) : refused(error.message);
    });
    device.lost.then(({ reason, message }) => {
      this.#first ??= lost(reason, message);
    });
  }

  /** A buffer for a tensor; nothing where the device says at once that it has no memory for it. */
  createBuffer(bytes: number): GPUBuffer | undefined {
    const asked = { bytes, now: true, refused: false };
    this.#asked = asked;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = this.device.createBuffer({ size: bytes, usage });
    asked.now = false;
    return asked.refused ? undefined : buffer;
  }

  /** @throws FGKD_ENGINE_FAILED, FGKD_OUT_OF_MEMORY once the device failed */
  check(): void {
    if (this.#first) throw this.#first;
  }
}

/** A command, or a shader (Dawn names it), is not one that the device takes: a defect of fgkd or of a driver. */
function refused(message: string): FgkdError {
  return engineFailed(
    name,
    `the device refuses what it is asked: ${message.trim().replace(/\.$/, "")}`,
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
