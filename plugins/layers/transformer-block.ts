/** The block of a vision transformer. */
import type * as tf from "@tensorflow/tfjs";
import type { Mode } from "../../core/index.js";
import { selfAttention, selfAttentionMaps } from "../../core/ops/index.js";
import { type Construction, tidied } from "./construction.js";
import { layerNorm } from "./layer-norm.js";
import { mlp, projection } from "./mlp.js";
import { residualBranch } from "./residual-branch.js";

export interface TransformerBlockShape {
  readonly channels: number;
  /** A divisor of the channels. */
  readonly heads: number;
  /** Hidden values of the MLP. */
  readonly hidden: number;
  /** Share of images for which a training step leaves a branch out, each of the two by itself. */
  readonly dropPath: number;
}

/**
 * `x + Attention(LN(x))`, then `x + MLP(LN(x))`, its weights under `<name>.`: `norm1`, `attn.qkv`, `attn.proj`, `norm2`,
 * `mlp.fc1`, `mlp.fc2`.
 *
 * @returns a function of `[batch, tokens, channels]`
 * @see "An Image is Worth 16x16 Words", 2021
 */
export function transformerBlock(at: Construction, name: string, shape: TransformerBlockShape) {
  const { channels, heads, hidden, dropPath } = shape;
  const norm1 = layerNorm(at, `${name}.norm1`, channels);
  const qkv = projection(at, `${name}.attn.qkv`, channels, 3 * channels);
  const out = projection(at, `${name}.attn.proj`, channels, channels);
  const norm2 = layerNorm(at, `${name}.norm2`, channels);
  const inner = mlp(at, `${name}.mlp`, channels, hidden);
  const join = residualBranch(at, { dropPath });
  return (x: tf.Tensor3D, mode: Mode): tf.Tensor3D =>
    tidied(at, () => {
      const packed = qkv(norm1.apply(x));
      at.attention?.push(selfAttentionMaps(packed, heads));
      const attended = join(x, out(selfAttention(packed, heads)), mode);
      return join(attended, inner(norm2.apply(attended)), mode);
    });
}
