/** A model's own input: the size and the normalisation that its weights are for, and how any batch becomes that. */

import * as tf from "@tensorflow/tfjs";
import { antialiasedResize } from "../ops/resize.js";
import { invalidOption } from "../values/errors.js";
import type { Batch, Normalisation } from "../values/records.js";
import type { Model, ModelInput, PartialModelInput, Role } from "./model.js";
import { normalisePixels } from "./pixels.js";

/**
 * Of each part the first word counts.
 *
 * @param said settings, the model's construction, its weights file, …: the first counts most
 * @param home the normalisation of the stage that the model is from
 */
export function resolveInput(said: readonly (PartialModelInput | undefined)[], home: Normalisation): ModelInput {
  const first = <K extends keyof ModelInput>(key: K) => said.find((one) => one?.[key] !== undefined)?.[key];
  return {
    mean: first("mean") ?? home.mean,
    deviation: first("deviation") ?? home.deviation,
    crop: first("crop") ?? null,
    size: first("size") ?? null,
    interpolation: first("interpolation") ?? "bilinear",
  };
}

/**
 * The model, which makes of any batch's images what its input says, in training and in tests by the same operations; the
 * images that it makes itself are in its normalisation. Where nothing differs, nothing is done.
 *
 * @param role for messages
 * @param current the input of now: a resumed run may bring another
 */
export function withInput(role: Role, model: Model, current: () => ModelInput): Model {
  return {
    ...model,
    get input() {
      return current();
    },
    forward: (batch, mode, want) => {
      const own = current();
      const outputs = model.forward(batch.images ? ownImages(role, batch, batch.images, own) : batch, mode, want);
      if (!outputs.images) return outputs;
      const { mean, deviation } = own;
      return { ...outputs, images: made(model, outputs.images, own), normalisation: { mean, deviation } };
    },
  };
}

/** A model's images are in its own normalisation; one that knows another from its construction is led over. */
function made({ makes }: Model, images: tf.Tensor4D, own: Normalisation): tf.Tensor4D {
  const { mean = own.mean, deviation = own.deviation } = makes ?? {};
  return renormalised(images, { mean, deviation }, own);
}

function ownImages(role: Role, batch: Batch, images: tf.Tensor4D, own: ModelInput): Batch {
  const { mean, deviation } = own;
  const { normalisation = own } = batch;
  const seen = images.dtype === "int32" ? normalisePixels(images, own) : images;
  const from = images.dtype === "int32" ? own : normalisation;
  const reduced = resized(role, cropped(role, seen, own.crop), own);
  const result = renormalised(reduced, from, own);
  return result === images ? batch : { ...batch, images: result, normalisation: { mean, deviation } };
}

function cropped(role: Role, images: tf.Tensor4D, crop: number | null): tf.Tensor4D {
  const [count, height, width, channels] = images.shape;
  if (crop === null || (crop === height && crop === width)) return images;
  refuseLarger(role, "crop", crop, Math.min(height, width));
  const [top, left] = [Math.floor((height - crop) / 2), Math.floor((width - crop) / 2)];
  return images.slice([0, top, left, 0], [count, crop, crop, channels]);
}

function resized(role: Role, images: tf.Tensor4D, { size, interpolation }: ModelInput): tf.Tensor4D {
  const [, height, width] = images.shape;
  if (size === null || (size === height && size === width)) return images;
  refuseLarger(role, "size", size, Math.min(height, width));
  return antialiasedResize(images, [size, size], interpolation);
}

function refuseLarger(role: Role, option: "crop" | "size", wanted: number, side: number): void {
  if (wanted <= side) return;
  const remedy = `Give it larger images (input.resize and input.crop of the stage, or the generator's size), or set models.${role}.input.${option} to null: as they come.`;
  throw invalidOption(`models.${role}.input`, option, `at most ${side}, the side of its images`, wanted, remedy);
}

/** One multiplication and one addition for each channel. */
function renormalised(images: tf.Tensor4D, from: Normalisation, to: Normalisation): tf.Tensor4D {
  if (String(from.mean) === String(to.mean) && String(from.deviation) === String(to.deviation)) return images;
  const channels = images.shape[3];
  if (channels !== 3)
    throw invalidOption(
      "input",
      "mean",
      `of ${channels} channels, as the images are`,
      to.mean,
      "Images are red, green, blue.",
    );
  const scale = from.deviation.map((deviation, channel) => deviation / (to.deviation[channel] as number));
  const shift = from.mean.map(
    (mean, channel) => (mean - (to.mean[channel] as number)) / (to.deviation[channel] as number),
  );
  return tf.tidy(() => images.mul(tf.tensor1d(scale)).add<tf.Tensor4D>(tf.tensor1d(shift)));
}
