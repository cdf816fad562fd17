/** The generator of data-free distillation for fine-grained classes: transposed convolutions and spatial attention. */
import * as tf from "@tensorflow/tfjs";
import { type FactoryContext, invalidOption, type Model, need } from "../../../core/index.js";
import { constant } from "../initializers.js";
import { construct, type Layer, linear } from "../layers.js";
import { checkGenerator, type GeneratorCommonOptions, normalised } from "./generator-options.js";
import { generatorConvolution, generatorNorm, small } from "./layers.js";
import { type SpatialAttentionOptions, spatialAttention } from "./spatial-attention.js";
import { spectralTransposedConvolution } from "./spectral-norm.js";

export interface AttentionGeneratorOptions extends GeneratorCommonOptions, SpatialAttentionOptions {
  /** Channels of the first map and of each of the four that follow, each twice as large. Default 512, 256, 128, 64, 64. */
  readonly widths?: readonly number[];
}

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
export function attentionGenerator(options: Required<AttentionGeneratorOptions>, { stream }: FactoryContext): Model {
  checkGenerator(owner, options, growth);
  const { widths, noise, size } = options;
  if (widths.length !== 5)
    throw invalidOption(owner, "widths", "five channel counts", widths, "Try [256, 128, 64, 32, 32].");
  const at = construct(stream);
  const [first, ...further] = widths as [number, ...number[]];
  const side = size / growth;
  const start = linear(at, "stem.linear", noise, first * side * side, { weight: small(stream), bias: constant(0) });
  const norm = generatorNorm(at, "stem.norm", first, false);
  const blocks = further.map((to, index) => block(at, `blocks.${index}`, widths[index] as number, to, options));
  const last = generatorConvolution(at, "output", { from: further.at(-1) as number, to: 3, size: 3 });
  return {
    parameters: at.parameters,
    forward: (batch, mode) => {
      const z = need(batch, "noise", owner, "List noise() in this stage.");
      const map = norm(start.apply(z).reshape([z.shape[0], side, side, first]) as tf.Tensor4D, mode);
      const grown = blocks.reduce((value, layer) => layer(value, mode), map);
      return { images: normalised(tf.tanh(last(grown, mode)), options) };
    },
  };
}

function block(
  at: ReturnType<typeof construct>,
  name: string,
  from: number,
  to: number,
  options: Required<AttentionGeneratorOptions>,
): Layer {
  const shape = { from, to, size: 3, stride: 2, padding: 1, outputPadding: 1 };
  const double = spectralTransposedConvolution(at, `${name}.deconv`, shape);
  const attention = spatialAttention(at, `${name}.attention`, to, options);
  return (x, mode) => tf.tidy(() => attention(tf.leakyRelu(double(x, mode), 0.2), mode));
}
