/** Two linear layers at every position, as ConvNeXt and transformers have them. */
import type * as tf from "@tensorflow/tfjs";
import { gelu, linearMap } from "../../core/ops/index.js";
import type { Construction } from "./construction.js";
import { constant, truncatedNormal } from "./initializers.js";
import { type LinearStart, linear } from "./linear.js";

/** Truncated normal with deviation 0.02, and 0 for biases: how ConvNeXt and vision transformers begin. */
export function narrowStart(at: Construction): LinearStart {
  return { weight: truncatedNormal(at.random, 0.02), bias: constant(0) };
}

/** `[…, from]` to `[…, to]` at every position, under `<name>.`; see {@link narrowStart}. */
export function projection(at: Construction, name: string, from: number, to: number) {
  const { weight, bias } = linear(at, name, from, to, narrowStart(at));
  return <T extends tf.Tensor>(x: T): T => linearMap(x, weight, bias);
}

/** `<name>.fc1`, exact GELU, `<name>.fc2`; `[…, channels]` to the same. */
export function mlp(at: Construction, name: string, channels: number, hidden: number) {
  const fc1 = projection(at, `${name}.fc1`, channels, hidden);
  const fc2 = projection(at, `${name}.fc2`, hidden, channels);
  return <T extends tf.Tensor>(x: T): T => fc2(gelu(fc1(x)));
}
