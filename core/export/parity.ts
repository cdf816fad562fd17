/** Whether an exported model answers as its model does. */
import * as tf from "@tensorflow/tfjs";
import type { InputSettings } from "../data/source.js";
import { bestOf } from "../measures/ranking.js";
import type { Model } from "../models/model.js";
import type { Precision } from "../onnx/precision.js";
import { exportMismatch } from "../values/export-errors.js";
import { type Batch, need, release } from "../values/records.js";
import { wantedInput } from "./about.js";
import { logitsOf, taken } from "./answers.js";
import type { CheckImages } from "./check-images.js";
import type { AskedModel } from "./exporter.js";
import { apartFromLogits } from "./probabilities.js";

/** How near an exported model is to its model. */
export interface Parity {
  readonly images: number;
  /** Which ones, in words that follow their number. */
  readonly of: string;
  /** The largest difference between two logits. */
  readonly difference: number;
  /** The same over the largest logit's absolute value. */
  readonly relative: number;
  /** Share of the images with the same first class, in [0, 1]. */
  readonly agreement: number;
}

/** Most that logits may differ by, of their scale, where no weight was rounded. */
const tolerance = 1e-4;
/** Least share of equal answers where weights were. */
const leastAgreement = 0.98;

export interface ParityOptions {
  readonly model: Model;
  readonly asked: AskedModel;
  /** At which its logits become probabilities. */
  readonly temperature: number | undefined;
  readonly images: CheckImages;
  /** As the run's own tests have it. */
  readonly input: InputSettings;
  /** How many are looked at, where there are so many. */
  readonly count: number;
  readonly precision: Precision;
  /** For messages. */
  readonly file: string;
  /** Looked at before each batch. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The model is given the images of its run's tests; the exported one those that its own words describe, made of the same pictures. So wrong
 * words are found as wrong weights are. What it says to be probabilities must be those of its own logits.
 *
 * @throws FGKD_EXPORT_MISMATCH when they differ, or when there is no image
 */
export async function checkParity(options: ParityOptions): Promise<Parity> {
  const { model, asked, images, input, count, precision, file } = options;
  const [own, theirs] = [images.batches(input), images.batches(wantedInput(file, asked.about))];
  const seen = { images: 0, difference: 0, scale: 0, agreeing: 0, shares: 0 };
  try {
    while (seen.images < count) {
      options.signal?.throwIfAborted();
      const [mine, other] = [await own.next(), await theirs.next()];
      if (mine.done || other.done) break;
      const count = mine.value.images?.shape[0] ?? 0;
      const { logits, probabilities } = await askedAnswers(asked, other.value);
      compare(await ownLogits(model, mine.value), logits, count, seen);
      const apart = probabilities ? apartFromLogits(probabilities, logits, count, options.temperature) : 0;
      seen.shares = Math.max(seen.shares, apart);
    }
  } finally {
    await own.return();
    await theirs.return();
  }
  if (seen.images === 0)
    throw exportMismatch(file, "there is no image to compare its answers on", "Give some with --data.");
  const relative = seen.difference / (seen.scale || 1);
  const agreement = seen.agreeing / seen.images;
  const parity = { images: seen.images, of: images.what, difference: seen.difference, relative, agreement };
  refuseUnlike(parity, precision, file);
  if (!(seen.shares <= tolerance))
    throw exportMismatch(
      file,
      `its probabilities differ by up to ${seen.shares.toPrecision(3)} from those that its logits have at a temperature of ${options.temperature ?? 1}`,
      "Undo what was changed in it, and export it again.",
    );
  return parity;
}

interface Seen {
  images: number;
  difference: number;
  scale: number;
  agreeing: number;
}

function compare(mine: Float32Array, theirs: Float32Array, count: number, seen: Seen): void {
  const classes = mine.length / Math.max(1, count);
  // What has another shape, or is not a number, is infinitely far.
  if (mine.length !== theirs.length) seen.difference = Number.POSITIVE_INFINITY;
  for (const [index, logit] of mine.entries()) {
    const apart = Math.abs(logit - (theirs[index] ?? Number.NaN));
    seen.difference = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(seen.difference, apart);
    seen.scale = Math.max(seen.scale, Math.abs(logit));
  }
  for (let image = 0; image < count; image++) {
    const [one, other] = [mine, theirs].map(
      (all) => bestOf(all.subarray(image * classes, (image + 1) * classes), 1)[0],
    );
    if (one === other) seen.agreeing += 1;
  }
  seen.images += count;
}

async function ownLogits(model: Model, batch: Batch): Promise<Float32Array> {
  const logits = await taken(tf.tidy(() => logitsOf(model, batch)));
  release(batch);
  return logits;
}

async function askedAnswers(asked: AskedModel, batch: Batch): ReturnType<AskedModel["answers"]> {
  const answers = await asked.answers(need(batch, "images", "export"));
  release(batch);
  return answers;
}

function refuseUnlike({ difference, relative, agreement, images }: Parity, precision: Precision, file: string): void {
  const apart = `its logits differ from the model's by up to ${difference.toPrecision(3)}, ${relative.toExponential(1)} of their scale`;
  if (precision === "fp32" && !(relative <= tolerance))
    throw exportMismatch(
      file,
      `${apart}, and at most ${tolerance} is rounding`,
      "Undo what was changed in it, its preprocessing above all, and export it again.",
    );
  if (precision !== "fp32" && !(agreement >= leastAgreement && Number.isFinite(difference)))
    throw exportMismatch(
      file,
      `of ${images} images ${(100 * agreement).toFixed(1)} % get the model's answer, and ${100 * leastAgreement} % must; ${apart}`,
      "Keep more bits of its weights with --precision fp16, or fp32.",
    );
}
