/** A small generator for small images, as the comparisons of data-free distillation use it. */
import * as tf from "@tensorflow/tfjs";
import type { FactoryContext, Model, OptionsOf } from "../../core/index.js";
import type { Construction, Layer } from "../layers/construction.js";
import { count } from "../layers/option-types.js";
import { generatorConvolution, generatorNorm } from "./generator-layers.js";
import { generatorModel } from "./generator-model.js";
import { checkGenerator, generatorSchema } from "./generator-options.js";

export const smallGeneratorSchema = generatorSchema.extend({
  size: count.default(32).describe("Side of the images, in pixels."),
  width: count.default(64).describe("Channels before the last layer; twice as many before that."),
  firstWidth: count
    .nullable()
    .default(null)
    .describe("Channels of the first map; null: twice width. Four times is what its authors call large."),
});

export type SmallGeneratorOptions = OptionsOf<typeof smallGeneratorSchema>;

const owner = "backbone small-generator";
/** Twice twice as large. */
const growth = 4;

/**
 * A linear layer, then twice: nearest neighbours doubled, 3×3 convolution, batch norm, LeakyReLU(0.2); a 3×3 convolution
 * gives the image. At 32 px, noise 256 and width 64 it has 2,328,899 weights.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "Data-Free Learning of Student Networks", 2019
 */
export function smallGenerator(options: Required<SmallGeneratorOptions>, context: FactoryContext): Model {
  checkGenerator(owner, options, growth);
  const { width } = options;
  const first = options.firstWidth ?? 2 * width;
  const blocks = (at: Construction) => [
    doubling(at, "blocks.0", first, 2 * width),
    doubling(at, "blocks.1", 2 * width, width),
  ];
  // sigmoid(x) is (tanh(x / 2) + 1) / 2, which is what becomes of it when the image is normalised.
  return generatorModel({ owner, options, growth, first, last: width, blocks, scale: 0.5 }, context);
}

function doubling(at: Construction, name: string, from: number, to: number): Layer {
  const conv = generatorConvolution(at, `${name}.conv`, { from, to, size: 3, bias: false });
  const norm = generatorNorm(at, `${name}.norm`, to, false);
  return (x, mode) =>
    tf.tidy(() => {
      const [, height, width] = x.shape;
      const larger = tf.image.resizeNearestNeighbor(x, [2 * height, 2 * width]);
      return tf.leakyRelu(norm(conv(larger, mode), mode), 0.2);
    });
}
