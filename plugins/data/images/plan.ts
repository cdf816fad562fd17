/** Which samples a pass visits, in which order, and how each is augmented: functions of the pass, nothing else. */
import {
  type ChosenTransform,
  createRandom,
  type InputSettings,
  invalidOption,
  type Pass,
  type Random,
} from "../../../core/index.js";
import { resize } from "../../transforms/built-in.js";
import { type ResizeOptions, resizeSchema } from "../../transforms/options.js";
import type { FirstResize } from "./reduce.js";

/** The order of a pass over `count` samples: shuffled anew each epoch in training, as listed in tests. */
export function orderOf(
  { mode, seed, epoch }: Pick<Pass, "mode" | "seed" | "epoch">,
  count: number,
): readonly number[] {
  if (mode === "test") return Array.from({ length: count }, (_, index) => index);
  return createRandom(`${seed}/${epoch}/order`).permutation(count);
}

/** How many batches a pass over `count` samples has. Training drops a partial one, unless there is no other. */
export function countBatches({ mode, batchSize }: Pick<Pass, "mode" | "batchSize">, count: number): number {
  const whole = Math.floor(count / batchSize);
  return mode === "train" && whole > 0 ? whole : Math.ceil(count / batchSize);
}

/** How many batches are made ahead: as many as keep every thread at work, within the memory for them, and never below two. */
export function batchesAhead(most: number, batchBytes: number, bytes: number): number {
  return Math.max(2, Math.min(most, Math.floor(bytes / batchBytes)));
}

/**
 * What is random about one sample of one epoch comes from here; independent of order, batch size and number of workers.
 *
 * @param repeat how often it was there in the epoch before
 */
export function randomOf({ seed, epoch }: Pick<Pass, "seed" | "epoch">, sample: number, repeat = 0): Random {
  return createRandom(`${seed}/${epoch}/sample/${sample}${repeat === 0 ? "" : `/${repeat}`}`);
}

/** @throws FGKD_INVALID_OPTION when the crop does not fit into the image */
export function checkInput(input: InputSettings, mode: Pass["mode"]): void {
  const room = input.resize + (mode === "train" ? 2 * input.pad : 0);
  if (input.crop <= room) return;
  throw invalidOption(
    "input",
    "crop",
    `at most ${room} (resize${mode === "train" ? " and twice the padding" : ""})`,
    input.crop,
    "Lower input.crop, or raise input.resize.",
  );
}

/** To what a picture is resized before anything else happens to it. */
export function firstResize([first]: readonly ChosenTransform[], input: InputSettings): FirstResize | undefined {
  const own = resize(resizeSchema.parse({}));
  if (first?.module !== own.module || first.function !== own.function) return undefined;
  const { size, fit } = first.options as Required<ResizeOptions>;
  const asked = fit ?? input.fit;
  return { size: size ?? input.resize, fit: asked === "pad" ? "longer" : asked };
}
