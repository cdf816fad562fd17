import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { gelu, layerNorm, linearMap, selfAttention } from "../../../../core/ops/index.js";
import type { OnednnBackend } from "../../../../plugins/engines/onednn/backend.js";
import { startOnednn } from "../../../../plugins/engines/onednn/index.js";
import { defined, sizes } from "./attention.js";
import { available, random } from "./both.js";
import { expectNear, expectRounded, randomBf16, rounded } from "./rounded.js";

/** Tokens that the engine in bf16 keeps so: what a layer left. */
function keptTokens(seed: number, channels = 16): tf.Tensor3D {
  const eye = tf.eye(channels).reshape([1, 1, channels, channels]) as tf.Tensor4D;
  const made = tf.conv2d(randomBf16([2, 3, 4, channels], seed) as tf.Tensor4D, eye, 1, "same");
  return made.reshape([2, 12, channels]);
}

describe.skipIf(!available)("transformers in bf16, on onednn", () => {
  beforeAll(() => startOnednn({ precision: "bf16", threads: 2 }));

  const isKept = (tensor: tf.Tensor) => (tf.backend() as OnednnBackend).isBf16(tensor);

  test("keep tokens so from a norm through their layers, and give classifiers, losses and weights floats", async () => {
    await tf.setBackend("onednn");
    tf.tidy(() => {
      const [ones, weight, bias] = [tf.ones([16]) as tf.Tensor1D, random([16, 16], 1) as tf.Tensor2D, tf.zeros([16])];
      const normed = layerNorm(random([2, 12, 16], 2) as tf.Tensor3D, ones, ones);
      const inner = linearMap(normed, weight, bias as tf.Tensor1D);
      const curved = gelu(inner);
      expect([normed, inner, curved].map(isKept)).toEqual([true, true, true]);
      const rows = curved.reshape<tf.Tensor2D>([24, 16]);
      expect(isKept(rows.matMul(weight, false, true)), "a gradient by tokens").toBe(true);
      expect(isKept(rows.matMul(rows, true)), "a gradient by weights").toBe(false);
      expect(isKept(rows.matMul(rows, false, true)), "similarities").toBe(false);
      const classified = linearMap(layerNorm(curved.mean<tf.Tensor2D>(1), ones, ones), weight, bias as tf.Tensor1D);
      expect(isKept(classified), "logits").toBe(false);
    });
  });

  test("compute norms, layers and sums of tokens as floats do, and round what they keep", async () => {
    await expectRounded(() => {
      const [x, dy] = [keptTokens(1), keptTokens(2)];
      const [scale, offset] = [randomBf16([16], 3) as tf.Tensor1D, randomBf16([16], 4) as tf.Tensor1D];
      const weight = randomBf16([16, 32], 5) as tf.Tensor2D;
      const inner = linearMap(x, weight, randomBf16([32], 6) as tf.Tensor1D);
      const pull = tf.grads((...parts: tf.Tensor[]) =>
        layerNorm(...(parts as [tf.Tensor3D, tf.Tensor1D, tf.Tensor1D])),
      );
      const back = dy.reshape<tf.Tensor2D>([24, 16]).matMul(randomBf16([32, 16], 7) as tf.Tensor2D, false, true);
      return [layerNorm(x, scale, offset), ...pull([x, scale, offset], dy), inner, back, dy.sum([0, 1])];
    });
  });

  test("attend to tokens that are kept so with maps that are rounded, and give their gradient as these are kept", async () => {
    await tf.setBackend("onednn");
    tf.tidy(() => {
      const [packed, dy] = [keptTokens(1, 48), randomBf16([2, 12, 16], 2) as tf.Tensor3D];
      const [y, gradient] = [selfAttention(packed, 2), tf.grad((x) => selfAttention(x as tf.Tensor3D, 2))(packed, dy)];
      expect([packed, y, gradient].map(isKept)).toEqual([true, true, true]);
      const [tokens, slopes] = [packed.dataSync() as Float32Array, dy.dataSync() as Float32Array];
      const wanted = defined(
        tokens,
        slopes,
        sizes(2, 12, 2, 8),
        (value) => rounded(Float32Array.of(value))[0] as number,
      );
      expectNear(y.dataSync() as Float32Array, wanted.y);
      expectNear(gradient.dataSync() as Float32Array, wanted.dPacked);
    });
  });
});
