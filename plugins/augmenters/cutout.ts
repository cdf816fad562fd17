/** CutOut: erases a box of every image. */
import { type Augmenter, defineAugmenter, type FactoryContext, need, replace } from "../../core/index.js";
import { checkShare, drawBox } from "./mixing-turns.js";
import { cutOut } from "./mixture.js";

const name = "cutout";

export interface CutoutOptions {
  /** Share of the image that the box covers before it is cut off at the border. Default 0.25. */
  readonly share?: number;
  /** How often a batch is treated. Default 1. */
  readonly probability?: number;
}

declare module "../../core/index.js" {
  interface Augmenters {
    cutout: CutoutOptions;
  }
}

const defaults = { share: 0.25, probability: 1 } as const;

/**
 * Fills a box of every image with 0, the mean of normalised images; labels stay. One box a batch.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "Improved Regularization of Convolutional Neural Networks with Cutout", 2017
 */
export const cutout = defineAugmenter<CutoutOptions>({
  name,
  defaults,
  check,
  needs: () => ({ batch: ["images"] }),
  create: createCutout,
});

function createCutout(options: Required<CutoutOptions>, { stream }: FactoryContext): Augmenter {
  const { share, probability } = options;
  return (batch) => {
    const images = need(batch, "images", name);
    if (stream.next() >= probability) return batch;
    const hole = drawBox(stream, [images.shape[1], images.shape[2]], 1 - share);
    return replace(batch, { images: cutOut(images, hole) });
  };
}

function check({ share, probability }: Required<CutoutOptions>): void {
  checkShare(name, "share", share);
  checkShare(name, "probability", probability);
}
