import * as tf from "@tensorflow/tfjs";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addRelu } from "../../../../core/ops/index.js";
import type { GpuBackend } from "../../../../plugins/engines/webgpu/backend.js";
import { hasGpu, startGpu } from "../../../support/gpu.js";

const backend = () => tf.backend() as unknown as GpuBackend;

describe.skipIf(!hasGpu)("the backend webgpu", () => {
  beforeAll(startGpu);
  beforeEach(() => tf.setBackend("webgpu"));

  /** Some values through kernels of ours and of tfjs. */
  const step = async (value: number) => {
    const result = tf.tidy(() => {
      const x = tf.tensor2d(
        Float32Array.from({ length: 1200 }, (_, at) => at % 7),
        [40, 30],
      );
      const y = addRelu(x.mul(value), x.sub(3));
      return y.matMul(x, false, true).sum();
    });
    const [sum] = await result.data();
    result.dispose();
    return sum;
  };

  test("binds a repeated step's buffers once, holds the same memory after 200, and gives the same numbers", async () => {
    const first = await step(2);
    for (let at = 0; at < 3; at++) await step(2);
    const before = { stats: backend().stats(), tensors: tf.memory().numTensors };
    for (let at = 0; at < 200; at++) expect(await step(2)).toBe(first);
    const after = { stats: backend().stats(), tensors: tf.memory().numTensors };
    expect(after.tensors).toBe(before.tensors);
    expect(after.stats).toMatchObject({
      bindGroups: before.stats.bindGroups,
      pipelines: before.stats.pipelines,
      bytesInUse: before.stats.bytesInUse,
      bytesFree: before.stats.bytesFree,
      bytesPeak: before.stats.bytesPeak,
    });
    expect(after.stats.dispatches).toBeGreaterThan(before.stats.dispatches + 800);
    expect(tf.memory()).toMatchObject({ numBytesInGPU: after.stats.bytesInUse });
  });

  test("never takes a number of the step before for one of this step", async () => {
    const expected = async (value: number) => {
      await tf.setBackend("cpu");
      const sum = await step(value);
      await tf.setBackend("webgpu");
      return sum;
    };
    for (const value of [2, 3, 2, 0.5]) expect(await step(value)).toBeCloseTo((await expected(value)) as number, -1);
  });

  test("keeps more different numbers apart than it has room for", async () => {
    // Of many values: tfjs takes few ones of JavaScript to the processor.
    const x = tf.tidy(() => tf.fill([2000], 1).neg());
    let sum = tf.zeros([2000]);
    for (let at = 1; at <= 5000; at++) {
      const next = tf.tidy(() => sum.add(x.leakyRelu(at)));
      sum.dispose();
      sum = next;
    }
    expect((await sum.data()).subarray(0, 3)).toEqual(Float32Array.of(-12502500, -12502500, -12502500));
    tf.dispose([x, sum]);
  });
});
