/** MixUp: blends pairs of images and their labels in one proportion. */
import { type Augmenter, type Batch, defineAugmenter, type FactoryContext, replace } from "../../core/index.js";
import { checkAlpha, checkShare, drawTurn } from "./mixing-turns.js";
import { mixByMixup } from "./mixture.js";

const name = "mixup";

export interface MixupOptions {
  /** Images keep `lambda ~ Beta(alpha, alpha)` of themselves. Default 1; 0.2 to 1 is usual. */
  readonly alpha?: number;
  /** How often a batch is mixed. Default 1; 0.5 for fine-grained images. */
  readonly probability?: number;
}

declare module "../../core/index.js" {
  interface Augmenters {
    mixup: MixupOptions;
  }
}

const defaults = { alpha: 1, probability: 1 } as const;

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
  defaults,
  check,
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

function check({ alpha, probability }: Required<MixupOptions>): void {
  checkAlpha(name, alpha);
  checkShare(name, "probability", probability);
}
