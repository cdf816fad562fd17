import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { selfAttention } from "../../../../core/ops/index.js";
import { hasGpu, startGpu } from "../../../support/gpu.js";
import { expectSame, normals, withHoles } from "./compare.js";

const apply = (heads: number) => (x: tf.Tensor) => selfAttention(x as tf.Tensor3D, heads);
const gradient = (heads: number, x: tf.Tensor) => {
  const [batch, tokens, packed] = x.shape as [number, number, number];
  return tf.grad(apply(heads))(x, normals([batch, tokens, packed / 3], "dy"));
};

describe.skipIf(!hasGpu)("self-attention on the engine webgpu", () => {
  beforeAll(startGpu);

  test.each([
    { batch: 2, tokens: 7, heads: 3, size: 5 },
    { batch: 1, tokens: 70, heads: 2, size: 32 },
    { batch: 2, tokens: 37, heads: 1, size: 64 },
    { batch: 1, tokens: 1, heads: 2, size: 8 },
  ])(
    "of $tokens tokens, $heads heads of $size channels, and its gradient, are those of the JavaScript backend",
    async ({ batch, tokens, heads, size }) => {
      const packed = () => normals([batch, tokens, 3 * heads * size]);
      await expectSame(() => [apply(heads)(packed()), gradient(heads, packed())], 4e-6);
    },
  );

  test("is right where the logits are large", async () => {
    const packed = () => normals([1, 40, 24]).mul(tf.tensor1d([...Array(16).fill(12), ...Array(8).fill(1)]));
    await expectSame(() => [apply(1)(packed()), gradient(1, packed())], 3e-4);
  });

  test("keeps what is no number in the queries, keys and values that it reaches", async () => {
    const of = (part: number) => {
      const pieces = [0, 1, 2].map((at) => (at === part ? withHoles : normals)([2, 6, 8], `${at}`));
      return tf.concat(pieces, -1);
    };
    await expectSame(() => [0, 1, 2].flatMap((part) => [apply(2)(of(part)), gradient(2, of(part))]), 4e-6);
  });

  test("holds nothing of the size of its logits", async () => {
    await tf.setBackend("webgpu");
    const backend = tf.backend() as unknown as { allocate(shape: readonly number[]): tf.TensorInfo };
    const sizes: number[] = [];
    const allocate = backend.allocate;
    backend.allocate = (shape) => {
      sizes.push(tf.util.sizeFromShape([...shape]));
      return allocate.call(backend, shape);
    };
    tf.tidy(() => void gradient(1, normals([1, 90, 24])));
    backend.allocate = allocate;
    expect(sizes.length).toBeGreaterThan(0);
    expect(Math.max(...sizes)).toBeLessThan(90 * 90);
  });
});
