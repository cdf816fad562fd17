/** Attention of tokens to each other, in several heads. */
import * as tf from "@tensorflow/tfjs";
import { hasKernel, isComposing, runKernel, withGradient } from "./kernels.js";
import { softmaxGradient } from "./softmax.js";

export interface SelfAttentionOptions {
  /**
   * Most values of logits that are computed at a time; one head may have more. Default 2²², which is 16 MiB. Maps that are
   * alive at once, forward and backward, have twice as many values at most. An engine with a fused kernel never has a map.
   */
  readonly atOnce?: number;
}

/**
 * `softmax(Q·Kᵀ / √d) · V` in every head, where `d` is the channels of a head. No attention map outlives its use: the gradient
 * computes them anew, in groups of heads, and holds nothing but `packed`. One fused kernel where the engine has it.
 *
 * @param packed `[batch, tokens, 3 · channels]`: queries, then keys, then values, each head after head
 * @param heads a divisor of the channels
 * @returns `[batch, tokens, channels]`, head after head
 * @see "Attention Is All You Need", 2017, equation 1; "FlashAttention", 2022 (maps computed anew)
 */
export function selfAttention(
  packed: tf.Tensor3D,
  heads: number,
  { atOnce = 2 ** 22 }: SelfAttentionOptions = {},
): tf.Tensor3D {
  return withGradient<tf.Tensor3D>([packed], (save) => {
    save([packed]);
    return {
      value: forward(packed, heads, atOnce),
      gradient: (dy, saved) => backward(dy, saved[0] as tf.Tensor3D, heads, atOnce),
    };
  });
}

/**
 * How much each token attends to each, `softmax(Q·Kᵀ / √d)`, to look at: {@link selfAttention} never has all of it.
 *
 * @param packed as `selfAttention` takes it
 * @returns `[batch, heads, tokens, tokens]`: from which, to which; each row sums to 1
 */
export function selfAttentionMaps(packed: tf.Tensor3D, heads: number): tf.Tensor4D {
  const [batch, tokens] = packed.shape;
  return tf.tidy(() => {
    const [q, k] = byHead(packed, heads);
    return attentionMaps(q, k).reshape<tf.Tensor4D>([batch, heads, tokens, tokens]);
  });
}

function forward(packed: tf.Tensor3D, heads: number, atOnce: number): tf.Tensor3D {
  if (hasKernel("FgkdSelfAttention")) return runKernel("FgkdSelfAttention", { packed }, { heads })[0] as tf.Tensor3D;
  const attended = ([q, k, v]: Projected) => [tf.matMul<Heads>(attentionMaps(q, k), v)];
  const room = isComposing() ? Number.POSITIVE_INFINITY : atOnce;
  return tf.tidy(() => packedFrom(inGroups(room, byHead(packed, heads), attended), heads));
}

function backward(dy: tf.Tensor3D, packed: tf.Tensor3D, heads: number, atOnce: number): tf.Tensor[] {
  if (hasKernel("FgkdSelfAttentionGrad")) return runKernel("FgkdSelfAttentionGrad", { dy, packed }, { heads });
  const [q, k, v] = byHead(packed, heads);
  const [ofEach] = tf.unstack(headsOf(dy, heads, 1)) as [Heads];
  // Five maps of a head are alive at once at most, two in the forward pass: both keep to twice `atOnce`.
  return [packedFrom(inGroups((atOnce * 2) / 5, [q, k, v, ofEach], gradients), heads)];
}

/** Of several heads, each of one image: `[group, tokens, channels of a head]`. */
type Heads = tf.Tensor3D;
type Projected = readonly [q: Heads, k: Heads, v: Heads];

/** `[group, tokens, tokens]`: how much each token attends to each. */
function attentionMaps(q: Heads, k: Heads): tf.Tensor3D {
  return tf.tidy(() => tf.softmax(tf.matMul<Heads>(q.mul(scaleOf(q)), k, false, true)));
}

/** Of queries, keys and values, given these and the gradient of what was attended to. */
function gradients([q, k, v, dy]: readonly [...Projected, dy: Heads]): Projected {
  const maps = attentionMaps(q, k);
  const slopes = tf.tidy(() => softmaxGradient(tf.matMul<Heads>(dy, v, false, true), maps)).mul<Heads>(scaleOf(q));
  return [tf.matMul<Heads>(slopes, k), tf.matMul<Heads>(slopes, q, true), tf.matMul<Heads>(maps, dy, true)];
}

function scaleOf({ shape }: Heads): number {
  return shape[2] ** -0.5;
}

/** Does the work for as many heads at a time as their maps have room for. */
function inGroups<In extends readonly Heads[]>(
  atOnce: number,
  parts: In,
  compute: (group: In) => readonly Heads[],
): readonly Heads[] {
  const [all = 0, tokens = 1, channels = 1] = parts[0]?.shape ?? [];
  const count = Math.max(1, Math.floor(atOnce / tokens ** 2));
  if (count >= all) return compute(parts);
  const groups = Array.from({ length: Math.ceil(all / count) }, (_, index) => {
    const [from, size] = [index * count, Math.min(count, all - index * count)];
    const group = () => parts.map((part) => part.slice([from, 0, 0], [size, tokens, channels]));
    // As many as there were.
    return tf.tidy(() => [...compute(group() as readonly Heads[] as In)]);
  });
  return (groups[0] ?? []).map((_, part) => tf.concat(groups.map((group) => group[part] as Heads)));
}

/** `[batch, tokens, parts · heads · channels]` to `[parts, batch · heads, tokens, channels]` */
function headsOf(packed: tf.Tensor3D, heads: number, parts: number): tf.Tensor4D {
  const [batch, tokens, width] = packed.shape;
  const channels = width / heads / parts;
  const apart = packed.reshape([batch, tokens, parts, heads, channels]).transpose([2, 0, 3, 1, 4]);
  return apart.reshape([parts, batch * heads, tokens, channels]);
}

function byHead(packed: tf.Tensor3D, heads: number): Projected {
  return tf.unstack(headsOf(packed, heads, 3)) as unknown as Projected;
}

/** The way back. */
function packedFrom(parts: readonly Heads[], heads: number): tf.Tensor3D {
  const [all = 0, tokens = 0, channels = 0] = parts[0]?.shape ?? [];
  const together = tf.stack([...parts]).reshape([parts.length, all / heads, heads, tokens, channels]);
  return together.transpose([1, 3, 0, 2, 4]).reshape([all / heads, tokens, parts.length * heads * channels]);
}
