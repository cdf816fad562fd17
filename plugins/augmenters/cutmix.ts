/** CutMix: mixes pairs of images, and weighs both labels by the area that each has. */
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
import { mixByCutmix } from "./mixture.js";

const name = "cutmix";

const schema = z.object({
  alpha: alpha
    .default(3)
    .describe("Sides of the hole are drawn with lambda ~ Beta(alpha, alpha); 1 is usual, 3 for fine-grained images."),
  probability: share.default(1).describe("How often a batch is mixed."),
  asymmetric: z
    .boolean()
    .default(false)
    .describe("Take the patch from another place of the partner, and resize it to the hole."),
});

export type CutmixOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Augmenters {
    cutmix: CutmixOptions;
  }
}

/**
 * Replaces a box of every image by the same box of another one, and sets `otherLabels` and the weights of both labels
 * by their areas. One box and one permutation a batch.
 *
 * Passes on, as it is, a batch that another plugin mixed before.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features", 2019
 */
export const cutmix = defineAugmenter<CutmixOptions>({
  name,
  ...describeOptions(name, schema),
  needs: () => ({ batch: ["images", "labels"] }),
  provides: ["otherLabels", "labelWeights", "otherLabelWeights"],
  create: createCutmix,
});

function createCutmix(options: Required<CutmixOptions>, { stream }: FactoryContext): Augmenter {
  const { alpha, probability, asymmetric } = options;
  return (batch) => {
    const turn = drawTurn(batch, probability, stream, name);
    if (!turn) return batch;
    const [count, height, width] = turn.images.shape;
    const lambda = stream.beta(alpha, alpha);
    const permutation = stream.permutation(count);
    const hole = drawBox(stream, [height, width], lambda);
    const patch = asymmetric ? drawBox(stream, [height, width], lambda) : undefined;
    return replace<Batch>(batch, mixByCutmix({ ...turn, permutation, hole, patch }));
  };
}
