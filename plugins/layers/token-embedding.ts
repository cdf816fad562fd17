/** How an image becomes the tokens of a transformer. */
import * as tf from "@tensorflow/tfjs";
import { invalidOption } from "../../core/index.js";
import { conv2d } from "../../core/ops/index.js";
import type { Construction } from "./construction.js";
import { truncatedNormal, uniformByFanIn } from "./initializers.js";

export interface EmbeddingShape {
  /** Side of the images, in pixels. */
  readonly size: number;
  /** Side of a patch, in pixels. */
  readonly patch: number;
  /** Of a token. */
  readonly channels: number;
  /** Whether a distillation token follows the class token. */
  readonly distilled: boolean;
}

/**
 * `[cls, perhaps dist, patches]`, the patches row by row, each token with the embedding of its position: `cls_token`, `pos_embed`,
 * `dist_token`, `patch_embed.proj`.
 *
 * @param owner for messages
 * @returns from `[batch, size, size, 3]` to `[batch, tokens, channels]`; throws FGKD_INVALID_OPTION for images of another size
 * @see "An Image is Worth 16x16 Words", 2021; "Training data-efficient image transformers", 2021
 */
export function tokenEmbedding(at: Construction, owner: string, shape: EmbeddingShape) {
  const { size, patch, channels, distilled } = shape;
  const patches = (size / patch) ** 2;
  const start = truncatedNormal(at.random, 0.02);
  // All are declared with three sides.
  const declare = (name: string, tokens: number) =>
    at.parameters.weight(name, [1, tokens, channels], "plain", start) as tf.Tensor as tf.Tensor3D;
  const classToken = declare("cls_token", 1);
  const positions = declare("pos_embed", patches + (distilled ? 2 : 1));
  const first = distilled ? [classToken, declare("dist_token", 1)] : [classToken];
  const project = patchProjection(at, "patch_embed.proj", patch, channels);
  return (images: tf.Tensor4D): tf.Tensor3D =>
    tf.tidy(() => {
      const [batch, height, width] = images.shape;
      if (height !== size || width !== size) throw otherSize(owner, size, height, width);
      const seen = project(images).reshape<tf.Tensor3D>([batch, patches, channels]);
      return tf.concat([...first.map((token) => token.tile([batch, 1, 1])), seen], 1).add<tf.Tensor3D>(positions);
    });
}

/** A convolution whose stride is its size, drawn as PyTorch draws convolutions: uniform within ±1/√(3 · patch²). */
function patchProjection(at: Construction, name: string, patch: number, channels: number) {
  const start = uniformByFanIn(at.random, 3 * patch ** 2);
  // Declared with these ranks.
  const filter = at.parameters.weight(`${name}.weight`, [patch, patch, 3, channels], "convolution", start);
  const bias = at.parameters.weight(`${name}.bias`, [channels], "plain", start) as tf.Tensor1D;
  return (images: tf.Tensor4D) => conv2d(images, filter as tf.Tensor4D, { stride: patch, bias });
}

function otherSize(owner: string, size: number, height: number, width: number) {
  const remedy =
    "Give it images of that size (input.crop of the stage, or models.<role>.input.size), or set the option to theirs: position embeddings are resampled as weights are loaded.";
  return invalidOption(owner, "size", `the side of its images, which are ${height}×${width}`, size, remedy);
}
