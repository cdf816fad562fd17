/** The generator of data-free distillation for fine-grained classes: transposed convolutions and spatial attention. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { FactoryContext, Model, OptionsOf } from "../../core/index.js";
import type { Construction, Layer } from "../layers/construction.js";
import { count } from "../layers/option-types.js";
import { spectralTransposedConvolution } from "../layers/spectral-norm.js";
import { attentionShape, encoderDecoderAttention } from "./encoder-decoder-attention.js";
import { generatorModel } from "./generator-model.js";
import { checkGenerator, generatorSchema } from "./generator-options.js";

export const attentionGeneratorSchema = generatorSchema.extend({
  ...attentionShape,
  widths: z
    .array(count)
    .length(5)
    .readonly()
    .default([512, 256, 128, 64, 64])
    .describe("Channels of the first map and of each of the four that follow, each twice as large."),
});

export type AttentionGeneratorOptions = OptionsOf<typeof attentionGeneratorSchema>;

const owner = "backbone attention-generator";
/** Four times twice as large. */
const growth = 16;

/**
 * `tanh(conv(… block(block(norm(linear(z))))))`; a block is a 3×3 transposed convolution with spectral norm that doubles
 * the sides, LeakyReLU(0.2) and spatial attention. At 224 px, noise 256 and reduction 8 it has 27,656,643 weights.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "Data-free Knowledge Distillation for Fine-grained Visual Categorization", 2023, table 6
 */
export function attentionGenerator(options: Required<AttentionGeneratorOptions>, context: FactoryContext): Model {
  checkGenerator(owner, options, growth);
  const { widths } = options;
  const [first, ...further] = widths as [number, ...number[]];
  const blocks = (at: Construction) =>
    further.map((to, index) => block(at, `blocks.${index}`, widths[index] as number, to, options));
  return generatorModel({ owner, options, growth, first, last: further.at(-1) as number, blocks, scale: 1 }, context);
}

function block(
  at: Construction,
  name: string,
  from: number,
  to: number,
  options: Required<AttentionGeneratorOptions>,
): Layer {
  const shape = { from, to, size: 3, stride: 2, padding: 1, outputPadding: 1 };
  const double = spectralTransposedConvolution(at, `${name}.deconv`, shape);
  const attention = encoderDecoderAttention(at, `${name}.attention`, to, options);
  return (x, mode) => tf.tidy(() => attention(tf.leakyRelu(double(x, mode), 0.2), mode));
}
