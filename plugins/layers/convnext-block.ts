/** The block of ConvNeXt. */
import * as tf from "@tensorflow/tfjs";
import { depthwiseConv2d } from "../../core/ops/index.js";
import type { Construction, Layer } from "./construction.js";
import { constant, truncatedNormal } from "./initializers.js";
import { layerNorm } from "./layer-norm.js";
import { mlp } from "./mlp.js";
import { residualBranch } from "./residual-branch.js";

export interface ConvnextBlockShape {
  readonly channels: number;
  /** Side of the depthwise kernel; odd. */
  readonly kernel: number;
  /** What the branch's scale of each channel starts from; `null`: it has none. */
  readonly layerScale: number | null;
  /** Share of images for which a training step leaves the branch out. */
  readonly dropPath: number;
}

/**
 * `x + γ · MLP(LN(depthwise(x)))`, its weights under `<name>.` as timm calls them: `gamma`, `conv_dw`, `norm`, `mlp.fc1`,
 * `mlp.fc2`.
 *
 * @see "A ConvNet for the 2020s", 2022
 */
export function convnextBlock(at: Construction, name: string, shape: ConvnextBlockShape): Layer {
  const { channels, kernel, layerScale, dropPath } = shape;
  const start = truncatedNormal(at.random, 0.02);
  // Declared with these ranks.
  const scale =
    layerScale === null
      ? undefined
      : (at.parameters.weight(`${name}.gamma`, [channels], "plain", constant(layerScale)) as tf.Tensor1D);
  const filter = at.parameters.weight(`${name}.conv_dw.weight`, [kernel, kernel, channels, 1], "depthwise", start);
  const bias = at.parameters.weight(`${name}.conv_dw.bias`, [channels], "plain", constant(0)) as tf.Tensor1D;
  const norm = layerNorm(at, `${name}.norm`, channels);
  const inner = mlp(at, `${name}.mlp`, channels, 4 * channels);
  const join = residualBranch(at, { dropPath, scale });
  return (x, mode) =>
    tf.tidy(() => {
      const seen = depthwiseConv2d(x, filter as tf.Tensor4D, { padding: kernel >> 1, bias });
      return join(x, inner(norm.apply(seen)), mode);
    });
}
