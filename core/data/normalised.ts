/** The door through which batches enter a run: their images are normalised, and say how. */
import { normalisePixels } from "../models/pixels.js";
import { invalidData } from "../values/errors.js";
import { type Batch, replace } from "../values/records.js";
import type { InputSettings, Source } from "./source.js";

/** The source, whose batches name their normalisation; pixels in whole numbers are normalised on the device. */
export function withNormalisation(source: Source): Source {
  return {
    ...source,
    async *batches(pass) {
      for await (const raw of source.batches(pass)) yield normalised(raw, pass.input, source.fingerprint);
    },
  };
}

function normalised(raw: Batch, { mean, deviation }: InputSettings, source: string): Batch {
  const { images } = raw;
  if (!images) return raw;
  const [, height, width, channels] = images.shape;
  if (height === 3 && channels !== 3 && width === channels)
    throw invalidData(
      source,
      `its images are [${images.shape}], with channels first`,
      "Give [batch, height, width, 3].",
    );
  const normalisation = { mean, deviation };
  if (images.dtype !== "int32") return { normalisation, ...raw };
  return replace(raw, { images: normalisePixels(images, normalisation), normalisation });
}
