/** The data of a stage that makes its own images: batches with nothing in them, and tests by what others call data. */
import type { Source } from "./source.js";

/** The part of a stage's settings that this depends on. */
interface OwnImagesSettings {
  readonly stepsPerEpoch: number | null;
  readonly evaluation: { readonly every: number };
}

/**
 * A source whose training batches are empty. No training image can be had from it, whatever stands behind it.
 *
 * @param tests where images to measure on come from; `null` for nowhere, and then nothing is tested
 * @param settings of the stage: training batches in a pass, 1 unless said otherwise, and whether it is tested at all
 */
export function withoutImages(tests: Source | null, { stepsPerEpoch, evaluation }: OwnImagesSettings): Source {
  const steps = stepsPerEpoch ?? 1;
  const tested = tests && evaluation.every > 0 ? `tested on ${tests.fingerprint}` : "not tested";
  return {
    classes: tests?.classes ?? [],
    ...(tests?.splits && { splits: tests.splits }),
    ...(tests?.ranks && { ranks: tests.ranks }),
    ...(tests?.about && { about: (split, index) => tests.about?.(split, index) ?? {} }),
    count: (split) => (split === "train" ? 0 : (tests?.count(split) ?? 0)),
    fingerprint: `no data: makes its own images; ${tested}`,
    batchCount: (pass) => (pass.split === "train" ? steps : (tests?.batchCount(pass) ?? 0)),
    async *batches(pass) {
      if (pass.split !== "train") yield* tests?.batches(pass) ?? [];
      else for (let step = pass.skip; step < steps; step++) yield {};
    },
    // What stands behind it was opened by others, and is closed by them.
    close: async () => {},
  };
}
