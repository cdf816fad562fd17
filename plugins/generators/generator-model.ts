/** What every generator does: noise becomes a small map, blocks enlarge it, a convolution makes it an image. */
import * as tf from "@tensorflow/tfjs";
import { type FactoryContext, type Model, need } from "../../core/index.js";
import { type Construction, construct, type Layer } from "../layers/construction.js";
import { constant } from "../layers/initializers.js";
import { linear } from "../layers/linear.js";
import { generatorConvolution, generatorNorm, small } from "./generator-layers.js";
import { type GeneratorCommonOptions, makes, normalised } from "./generator-options.js";

/** What makes one generator differ from another. */
export interface GeneratorParts {
  /** Names it in errors. */
  readonly owner: string;
  readonly options: Required<GeneratorCommonOptions>;
  /** How many times as large as the first map the image is. */
  readonly growth: number;
  /** Channels of the first map, and of the one before the image. */
  readonly first: number;
  readonly last: number;
  /** Enlarge the map, one after the other. */
  readonly blocks: (at: Construction) => readonly Layer[];
  /** Goes before the `tanh`. */
  readonly scale: number;
}

/** `tanh(scale · conv(… block(block(norm(linear(noise))))))`, normalised. */
export function generatorModel(parts: GeneratorParts, { stream }: FactoryContext): Model {
  const { owner, options, first, scale } = parts;
  const at = construct(stream);
  const side = options.size / parts.growth;
  const weights = { weight: small(stream), bias: constant(0) };
  const start = linear(at, "stem.linear", options.noise, first * side * side, weights);
  const norm = generatorNorm(at, "stem.norm", first, false);
  const blocks = parts.blocks(at);
  const last = generatorConvolution(at, "output", { from: parts.last, to: 3, size: 3 });
  return {
    parameters: at.parameters,
    makes: makes(options),
    forward: (batch, mode) => {
      const z = need(batch, "noise", owner, "List noise() in this stage.");
      const map = norm(start.apply(z).reshape([z.shape[0], side, side, first]) as tf.Tensor4D, mode);
      const grown = last(
        blocks.reduce((value, layer) => layer(value, mode), map),
        mode,
      );
      return { images: normalised(tf.tanh(scale === 1 ? grown : grown.mul<tf.Tensor4D>(scale)), options) };
    },
  };
}
