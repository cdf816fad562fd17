/** Attention rollout: how much of each patch reaches the tokens that a transformer answers by. */
import * as tf from "@tensorflow/tfjs";

/**
 * `Ã_L · … · Ã_1` with `Ã = (A + I) / 2` of each block, heads averaged: attention along all paths, half of which passes each block
 * by its shortcut. Of that, the rows of the answering tokens, averaged, and the columns of the patches.
 *
 * @param attention block by block, `[batch, heads, tokens, tokens]`: from which, to which; rows that sum to 1
 * @param answering how many tokens come before those of the patches and answer: 2 with a distillation token, whose classifier's logits
 *   the network averages with the class token's
 * @returns `[batch, rows, columns]` of a square of patches, from 0; with the answering tokens' own columns, it sums to 1
 * @see "Quantifying Attention Flow in Transformers", 2020, section 3
 */
export function attentionRollout(attention: readonly tf.Tensor4D[], answering: number): tf.Tensor3D {
  return tf.tidy(() => {
    const flows = attention.map((maps) => {
      const heads = maps.mean<tf.Tensor3D>(1);
      return heads.add<tf.Tensor3D>(tf.eye(heads.shape[1])).mul<tf.Tensor3D>(0.5);
    });
    const flow = flows.reduce((before, next) => tf.matMul<tf.Tensor3D>(next, before));
    const [batch, tokens] = flow.shape;
    const patches = tokens - answering;
    const side = Math.sqrt(patches);
    const reached = flow.slice([0, 0, answering], [batch, answering, patches]).mean<tf.Tensor2D>(1);
    return reached.reshape([batch, side, side]);
  });
}
