/** The generator's spatial attention: a small encoder and decoder say where a map counts more. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { OptionsOf } from "../../core/index.js";
import { maxPoolForUnpooling, maxUnpool, stopGradient } from "../../core/ops/index.js";
import type { Construction, Layer } from "../layers/construction.js";
import { transposedConvolution } from "../layers/spectral-norm.js";
import { generatorConvolution, generatorNorm } from "./generator-layers.js";

/** Options of the attention, beside those of its generator. */
export const attentionShape = {
  attentionWeight: z.number().default(0.05).describe("λ: what the attended map counts beside the map itself."),
  attentionReduction: z
    .number()
    .positive()
    .default(8)
    .describe("r: channels of the map for each of the attention's own, which has at least 4."),
  attentionAxis: z
    .enum(["positions", "channels"])
    .default("positions")
    .describe("What the weights of a softmax sum up over: all positions of a channel, or all channels of a position."),
  attentionScale: z
    .enum(["none", "area"])
    .default("none")
    .describe(
      "area: weights over positions are multiplied by their number, so that their mean is 1 whatever the map's size.",
    ),
};

type EncoderDecoderAttentionOptions = OptionsOf<z.ZodObject<typeof attentionShape>>;

/**
 * `λ·(softmax(A) ⊙ F) + F`. `A` comes from 1×1 and 3×3 convolutions, a max pool, a convolution, and the way back by
 * max-unpooling to where the maxima were.
 *
 * @param channels of the map; its sides must be even
 * @see "Data-free Knowledge Distillation for Fine-grained Visual Categorization", 2023, equations 4 to 6, table 6
 */
export function encoderDecoderAttention(
  at: Construction,
  name: string,
  channels: number,
  { attentionWeight, attentionReduction, attentionAxis, attentionScale }: Required<EncoderDecoderAttentionOptions>,
): Layer {
  const inner = Math.max(4, Math.floor(channels / attentionReduction));
  const plain = (part: string, from: number, to: number) =>
    generatorConvolution(at, `${name}.${part}`, { from, to, size: 1 });
  const normed = (part: string, from: number, to: number, backwards: boolean): Layer => {
    const at3 = { from, to, size: 3 };
    const conv = backwards
      ? transposedConvolution(at, `${name}.${part}`, { ...at3, stride: 1, padding: 1, outputPadding: 0, bias: true })
      : generatorConvolution(at, `${name}.${part}`, at3);
    const norm = generatorNorm(at, `${name}.${part}_norm`, to, true);
    return (x, mode) => norm(conv(x, mode), mode);
  };
  const reduce = plain("reduce", channels, inner);
  const encode1 = normed("encode1", inner, 2 * inner, false);
  const encode2 = normed("encode2", 2 * inner, 4 * inner, false);
  const decode1 = normed("decode1", 4 * inner, 2 * inner, true);
  const decode2 = normed("decode2", 2 * inner, inner, true);
  const expand = plain("expand", inner, channels);
  return (x, mode) =>
    tf.tidy(() => {
      const places = maxPoolForUnpooling(encode1(reduce(x, mode), mode));
      const coded = maxUnpool(decode1(encode2(places.pooled, mode), mode), places);
      const weights = softmaxOver(expand(decode2(coded, mode), mode), attentionAxis);
      const area = attentionScale === "area" ? (x.shape[1] as number) * (x.shape[2] as number) : 1;
      return weights
        .mul(x)
        .mul<tf.Tensor4D>(attentionWeight * area)
        .add<tf.Tensor4D>(x);
    });
}

function softmaxOver(map: tf.Tensor4D, axis: "positions" | "channels"): tf.Tensor4D {
  if (axis === "channels") return tf.softmax(map, 3);
  // tfjs has a softmax of the last axis only. The largest value is a constant: it cancels.
  const largest = stopGradient(() => map.max([1, 2], true));
  const powers = map.sub(largest).exp();
  return powers.div<tf.Tensor4D>(powers.sum([1, 2], true));
}
