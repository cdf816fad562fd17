/** How a branch joins what it was branched from: scaled by channel, and left out for some images of a training step. */
import * as tf from "@tensorflow/tfjs";
import type { Mode } from "../../core/index.js";
import { addBranch } from "../../core/ops/index.js";
import type { Construction } from "./construction.js";
import { dropPath } from "./drop-path.js";

export interface BranchShape {
  /** Share of images for which a training step leaves the branch out. */
  readonly dropPath: number;
  /** `[channels]`: multiplies the branch (LayerScale). Default: nothing. */
  readonly scale?: tf.Tensor1D | undefined;
}

/**
 * `x + scale · kept · branch`, where `kept` is 0 for the images that leave the branch out and `1 / (1 − dropPath)` for the others,
 * drawn from the model's stream in `train` mode.
 *
 * @see "Deep Networks with Stochastic Depth", 2016; "Going Deeper with Image Transformers", 2021 (LayerScale)
 */
export function residualBranch(at: Construction, { dropPath: rate, scale }: BranchShape) {
  const drop = dropPath(at.random, rate);
  return <T extends tf.Tensor>(x: T, branch: T, mode: Mode): T => {
    const drops = mode === "train" && rate > 0;
    const kept = drops ? drop(tf.ones([x.shape[0] as number, ...x.shape.slice(1).fill(1)]), mode) : undefined;
    return addBranch(x, branch, { scale, kept });
  };
}
