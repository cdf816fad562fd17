import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { startCpu } from "../../../../plugins/engines/cpu.js";
import { hasGpu, onBoth, startGpu } from "../../../support/gpu.js";
import { image, operations, sparse, updates } from "../nan-cases.js";

/** In words that can be compared: the backends may differ in last bits, not in these. */
function kinds(values: Float32Array): readonly string[] {
  return Array.from(values, (value) => {
    if (!Number.isFinite(value)) return String(value);
    return Math.abs(value) < 1e-5 ? "0" : value > 0 ? "above 0" : "below 0";
  });
}

async function expectSameKinds(compute: () => tf.Tensor): Promise<void> {
  await startCpu();
  const [result] = await onBoth(compute);
  expect(kinds(result?.gpu as Float32Array)).toEqual(kinds(result?.cpu as Float32Array));
}

/** Without a gradient. */
const left = ["an unpooling"];

describe.skipIf(!hasGpu)("on the engine webgpu, what is no number", () => {
  beforeAll(startGpu);

  test.each(Object.entries({ ...operations, ...updates }))(
    "is the same to %s as in plain JavaScript",
    async (_, apply) => {
      await expectSameKinds(() => apply(image()));
    },
  );

  test.each(Object.entries(operations).filter(([name]) => !left.includes(name)))(
    "is the same to the gradient of %s",
    async (_, apply) => {
      const loss = (y: tf.Tensor) => y.mul(tf.range(0, y.size).mul(1.7).cos().reshape(y.shape)).sum();
      await expectSameKinds(() => tf.grad((x: tf.Tensor) => loss(apply(x as tf.Tensor4D)))(image()));
    },
  );

  test.each(Object.entries(sparse))("shows in %s, in the same images and channels", async (_, apply) => {
    await expectSameKinds(() => apply(image()).sum([1, 2]));
  });
});
