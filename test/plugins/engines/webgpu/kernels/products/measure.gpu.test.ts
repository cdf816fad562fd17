import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { GpuBackend } from "../../../../../../plugins/engines/webgpu/backend.js";
import { measure } from "../../../../../../plugins/engines/webgpu/kernels/products/measure.js";
import { known } from "../../../../../../plugins/engines/webgpu/kernels/products/run.js";
import { hasGpu, startGpu } from "../../../../../support/gpu.js";
import { random, tensorOf } from "../../../../../support/gpu-sums.js";

const [a, b] = [random(1, [21, 40]), random(2, [40, 18])];
const product = () => tf.tidy(() => tf.matMul(tensorOf(a), tensorOf(b)));

describe.skipIf(!hasGpu)("tiles chosen by measuring", () => {
  const backend = () => tf.backend() as GpuBackend;

  beforeAll(startGpu);
  afterEach(() => {
    backend().tuning = undefined;
  });

  test("are kept, serve from then on, and are not measured again", async () => {
    const kept = new Map<string, string>();
    backend().tuning = { get: (key) => kept.get(key), set: (key, value) => kept.set(key, value) };
    const before = await product().data();
    expect(kept.size).toBe(0);
    const names = [...known(backend()).untuned.values()].flatMap(({ plans }) => [...plans.keys()]);

    // A clock by which the third choice is the fastest: each is timed five times, by two readings.
    let readings = 0;
    const clock = () => {
      const choice = Math.floor(readings / 10);
      return readings++ % 2 === 0 ? 0 : 20 + Math.abs(choice - 2);
    };
    expect(await measure(backend(), { now: clock })).toBe(1);
    expect(readings).toBe(50);
    expect(kept.size).toBe(1);
    expect([...kept.values()]).toEqual([names[2]]);
    expect([...kept.keys()][0]).toContain("matmul");

    const after = await product().data();
    expect(Math.max(...before.map((one, at) => Math.abs(one - (after[at] as number))))).toBeLessThan(1e-5);
    expect(await measure(backend())).toBe(0);
  });

  test("of an earlier run are taken up", async () => {
    const kept = "16x64x16/4x4/1";
    backend().tuning = { get: () => kept, set: () => expect.unreachable() };
    await tf.tidy(() => tf.matMul(tensorOf(random(1, [22, 40])), tensorOf(b))).data();
    const [, plan] = [...known(backend()).plans].at(-1) ?? [];
    expect(plan?.shader.key).toContain("16x64x16/4x4");
    expect(await measure(backend())).toBe(0);
  });

  test("of an engine that tried others are not", async () => {
    backend().tuning = { get: () => "12x12x12/4x4/1", set: () => {} };
    await tf.tidy(() => tf.matMul(tensorOf(random(1, [23, 40])), tensorOf(b))).data();
    expect(known(backend()).untuned.size).toBe(1);
  });
});
