/** What turns the first tokens of a transformer into logits. */
import * as tf from "@tensorflow/tfjs";
import type { Outputs } from "../../core/index.js";
import type { Construction } from "./construction.js";
import { linear } from "./linear.js";
import { narrowStart } from "./mlp.js";

declare module "../../core/index.js" {
  interface Outputs {
    /** `[batch, classes]`: of the class token alone, where another token has a classifier, too; `logits` is the mean of both. */
    readonly classTokenLogits?: tf.Tensor2D;
    /** `[batch, classes]`: of the distillation token alone. */
    readonly distillationTokenLogits?: tf.Tensor2D;
  }
}

export interface TokenClassifiersShape {
  /** Of a token. */
  readonly channels: number;
  readonly classes: number;
  /** Whether the second token has a classifier as the first has. */
  readonly distilled: boolean;
}

/**
 * `head` on the class token and, of a distilled network, `head_dist` on the distillation token. Its `logits`, in training too, are
 * what it answers: the mean of both. A loss that tells the two apart finds each by its own name.
 *
 * @see "Training data-efficient image transformers & distillation through attention", 2021, section 4
 */
export function tokenClassifiers(at: Construction, { channels, classes, distilled }: TokenClassifiersShape) {
  const names = distilled ? ["head", "head_dist"] : ["head"];
  const [first, second] = names.map((name) => linear(at, name, channels, classes, narrowStart(at)));
  const weights = names.flatMap((name) => [`${name}.weight`, `${name}.bias`]);
  return {
    head: weights,
    classRows: weights,
    /** From `[batch, tokens, channels]`. */
    apply: (tokens: tf.Tensor3D): Outputs => {
      const [batch] = tokens.shape;
      const token = (index: number) =>
        tokens.slice([0, index, 0], [batch, 1, channels]).reshape<tf.Tensor2D>([batch, channels]);
      // The first name is always there.
      const classTokenLogits = (first as NonNullable<typeof first>).apply(token(0));
      if (!second) return { logits: classTokenLogits };
      const distillationTokenLogits = second.apply(token(1));
      const logits = tf.tidy(() => classTokenLogits.add<tf.Tensor2D>(distillationTokenLogits).mul<tf.Tensor2D>(0.5));
      return { logits, classTokenLogits, distillationTokenLogits };
    },
  };
}
