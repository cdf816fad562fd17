/** MixUp: blends pairs of images and their labels in one proportion. */
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
import { alpha, drawTurn } from "./mixing-turns.js";
import { mixByMixup } from "./mixture.js";

const name = "mixup";

const schema = z.object({
  alpha: alpha.default(1).describe("Images keep lambda ~ Beta(alpha, alpha) of themselves; 0.2 to 1 is usual."),
  probability: share.default(1).describe("How often a batch is mixed; 0.5 for fine-grained images."),
});

export type MixupOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Augmenters {
    mixup: MixupOptions;
  }
}

/**
 * Blends every image with another one, and sets `otherLabels` and the weights of both labels to the same proportion.
 * One proportion and one permutation a batch.
 *
 * Passes on, as it is, a batch that another plugin mixed before.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "mixup: Beyond Empirical Risk Minimization", 2018
 */
export const mixup = defineAugmenter<MixupOptions>({
  name,
  ...describeOptions(name, schema),
  needs: () => ({ batch: ["images", "labels"] }),
  provides: ["otherLabels", "labelWeights", "otherLabelWeights"],
  create: createMixup,
});

function createMixup(options: Required<MixupOptions>, { stream }: FactoryContext): Augmenter {
  const { alpha, probability } = options;
  return (batch) => {
    const turn = drawTurn(batch, probability, stream, name);
    if (!turn) return batch;
    const lambda = stream.beta(alpha, alpha);
    const permutation = stream.permutation(turn.images.shape[0]);
    return replace<Batch>(batch, mixByMixup({ ...turn, permutation, lambda }));
  };
}
