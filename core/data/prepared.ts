/** The door through which batches enter a run: their transforms are chosen, their images normalised, and say how. */
import { normalisePixels } from "../models/pixels.js";
import type { Transform, Transforms } from "../registries/entry.js";
import type { Registry } from "../registries/registry.js";
import { invalidConfig, invalidData } from "../values/errors.js";
import { type Batch, replace } from "../values/records.js";
import type { ChosenTransform, InputSettings, Pass, Source } from "./source.js";

/**
 * The source as a run sees it: it is told the transforms that settings choose, its batches name their normalisation, and
 * pixels in whole numbers are normalised on the device.
 */
export function prepareSource(source: Source, transforms: Registry<Transforms, Transform>): Source {
  const { read } = source;
  return {
    ...source,
    ...(read && {
      async *read(images, pass) {
        const chosen = chooseTransforms(pass.input, "test", transforms);
        for await (const { batch, ...about } of read(images, chosen ? { ...pass, transforms: chosen } : pass))
          yield batch ? { ...about, batch: normalised(batch, pass.input, source.fingerprint) } : about;
      },
    }),
    async *batches(pass) {
      const chosen = chooseTransforms(pass.input, pass.mode, transforms);
      const told = chosen ? { ...pass, transforms: chosen } : pass;
      const classCounts = pass.mode === "train" ? source.classCounts?.(pass.split) : undefined;
      for await (const raw of source.batches(told)) {
        const batch = normalised(raw, pass.input, source.fingerprint);
        yield classCounts ? { classCounts, ...batch } : batch;
      }
    },
  };
}

/**
 * What the settings' list for a mode makes of a picture; `undefined` where there is no list.
 *
 * @throws FGKD_UNKNOWN_NAME, FGKD_UNKNOWN_OPTION, FGKD_INVALID_OPTION, FGKD_INVALID_CONFIG
 */
export function chooseTransforms(
  { transforms = {} }: InputSettings,
  mode: Pass["mode"],
  registry: Registry<Transforms, Transform>,
): readonly ChosenTransform[] | undefined {
  return transforms[mode]?.map((line) => {
    const chosen = { ...registry.choose(line), name: line.name };
    if (mode === "test" && chosen.draw)
      throw invalidConfig(
        "input.transforms.test",
        `"${line.name}" draws random numbers`,
        "Tests leave nothing to chance.",
      );
    return chosen;
  });
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
