/** CutOut: erases a box of every image. */
import { z } from "zod";
import {
  type Augmenter,
  defineAugmenter,
  describeOptions,
  type FactoryContext,
  need,
  type OptionsOf,
  replace,
} from "../../core/index.js";
import { share } from "../layers/option-types.js";
import { drawBox } from "./mixing-turns.js";
import { cutOut } from "./mixture.js";

const name = "cutout";

const schema = z.object({
  share: share.default(0.25).describe("Share of the image that the box covers before it is cut off at the border."),
  probability: share.default(1).describe("How often a batch is treated."),
});

export type CutoutOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Augmenters {
    cutout: CutoutOptions;
  }
}

/**
 * Fills a box of every image with 0, the mean of normalised images; labels stay. One box a batch.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "Improved Regularization of Convolutional Neural Networks with Cutout", 2017
 */
export const cutout = defineAugmenter<CutoutOptions>({
  name,
  ...describeOptions(name, schema),
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
