/** MixUp and CutMix in turns, as transformers are trained with: one of the two a batch. */
import { z } from "zod";
import {
  type Augmenter,
  type Batch,
  defineAugmenter,
  describeOptions,
  type FactoryContext,
  type OptionsOf,
  replace,
} from "../../core/index.js";
import { share } from "../layers/option-types.js";
import { alpha, drawBox, drawTurn } from "./mixing-turns.js";
import { mixByCutmix, mixByMixup } from "./mixture.js";

const name = "mixup-cutmix";

const schema = z.object({
  mixupAlpha: alpha.default(0.8).describe("MixUp's lambda ~ Beta(alpha, alpha)."),
  cutmixAlpha: alpha.default(1).describe("CutMix's."),
  probability: share.default(1).describe("How often a batch is mixed."),
  switchProbability: share.default(0.5).describe("How often a batch that is mixed is mixed by CutMix."),
});

export type MixupCutmixOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Augmenters {
    "mixup-cutmix": MixupCutmixOptions;
  }
}

/**
 * Mixes each batch by MixUp or by CutMix, in one proportion; the partner of an image is that at its place from the other end
 * of the batch. Sets `otherLabels` and the weights of both labels; CutMix's proportion is that of the pixels.
 *
 * Passes on, as it is, a batch that another plugin mixed before.
 *
 * @throws FGKD_INVALID_OPTION
 * @see timm's Mixup in batch mode, which DeiT's recipe uses
 */
export const mixupCutmix = defineAugmenter<MixupCutmixOptions>({
  name,
  ...describeOptions(name, schema),
  needs: () => ({ batch: ["images", "labels"] }),
  provides: ["otherLabels", "labelWeights", "otherLabelWeights"],
  create: createMixupCutmix,
});

function createMixupCutmix(options: Required<MixupCutmixOptions>, { stream }: FactoryContext): Augmenter {
  const { mixupAlpha, cutmixAlpha, probability, switchProbability } = options;
  return (batch) => {
    const turn = drawTurn(batch, probability, stream, name);
    if (!turn) return batch;
    const [count, height, width] = turn.images.shape;
    const permutation = Array.from({ length: count }, (_, index) => count - 1 - index);
    const cuts = stream.next() < switchProbability;
    const chosen = cuts ? cutmixAlpha : mixupAlpha;
    const lambda = stream.beta(chosen, chosen);
    const mixed = cuts
      ? mixByCutmix({ ...turn, permutation, hole: drawBox(stream, [height, width], lambda) })
      : mixByMixup({ ...turn, permutation, lambda });
    return replace<Batch>(batch, mixed);
  };
}
