/** The end of a residual block that no activation follows. */
import type * as tf from "@tensorflow/tfjs";
import { withGradient } from "./kernels.js";

/** What a branch is multiplied by before it is added. */
export interface BranchFactors {
  /** `[channels]`; differentiable. Default: nothing. */
  readonly scale?: tf.Tensor1D | undefined;
  /** `[batch, 1, …]`, a constant to the gradient: 0 where the branch is left out. Default: nothing. */
  readonly kept?: tf.Tensor | undefined;
}

/**
 * `x + scale · kept · branch`. Of the large tensors only the branch is held for the gradient, and that only where it has a scale;
 * an addition would hold both of its terms.
 *
 * @param x `[batch, …, channels]`
 * @param branch as x
 */
export function addBranch<T extends tf.Tensor>(x: T, branch: T, { scale, kept }: BranchFactors = {}): T {
  return withGradient<T>([x, branch, ...(scale ? [scale] : [])], (save) => {
    const factor = scale && kept ? kept.mul(scale) : (scale ?? kept);
    save([...(factor ? [factor] : []), ...(scale ? [branch] : []), ...(scale && kept ? [kept] : [])]);
    return {
      value: x.add<T>(factor ? branch.mul(factor) : branch),
      gradient: (dy, saved) => {
        const [factor, branch, kept] = saved;
        // Copies that share their values, for tfjs may free one gradient while another is still needed.
        if (!factor) return [dy.clone(), dy.clone()];
        const slopes = [dy.clone(), dy.mul(factor)];
        return branch ? [...slopes, scaleGradient(dy, kept ? branch.mul(kept) : branch)] : slopes;
      },
    };
  });
}

/** `[channels]` */
function scaleGradient(dy: tf.Tensor, branch: tf.Tensor): tf.Tensor {
  return dy.mul(branch).sum(Array.from({ length: dy.rank - 1 }, (_, axis) => axis));
}
