import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { movingAverage, sgdStep } from "../../../../core/ops/index.js";
import type { GpuBackend } from "../../../../plugins/engines/webgpu/backend.js";
import { hasGpu, startGpu } from "../../../support/gpu.js";
import { expectClose, expectSame, normals } from "./compare.js";

const sgd = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: false };
const shapes = [[5], [3, 4], [1], [700, 3], [8], [2, 2], [300]];
const step = (at: number, shape: number[]) =>
  sgdStep(normals(shape, "p"), normals(shape, "g"), normals(shape, "v"), { ...sgd, learningRate: 0.1 / (at + 1) });

/** What a dispatch is worth: how many the backend made while this ran, all that waits included. */
function dispatchesOf(compute: () => void): number {
  const backend = tf.backend() as GpuBackend;
  backend.settle();
  const before = backend.stats().dispatches;
  tf.tidy(compute);
  backend.settle();
  return backend.stats().dispatches - before;
}

describe.skipIf(!hasGpu)("small updates on the engine webgpu", () => {
  beforeAll(startGpu);

  test("are those of the JavaScript backend, each with rates of its own", async () => {
    await expectSame(() => shapes.flatMap((shape, at) => Object.values(step(at, shape))));
    await expectSame(() =>
      shapes.map((shape, at) =>
        movingAverage(normals(shape), normals(shape, "v"), { kept: 0.9, share: 0.1, factor: at }),
      ),
    );
  });

  test("run as many at a time as a shader can bind", async () => {
    await tf.setBackend("webgpu");
    const most = (tf.backend() as GpuBackend).device.limits.maxStorageBuffersPerShaderStage;
    const together = Math.floor(most / 5);
    expect(together).toBeGreaterThan(1);
    expect(dispatchesOf(() => shapes.map((shape, at) => step(at, shape)))).toBe(Math.ceil(shapes.length / together));
  });

  test("run before what depends on them, and read the values that were there before they were written over", async () => {
    await tf.setBackend("webgpu");
    const average = tf.variable(tf.tensor1d([1, 2, 3]));
    // Each assignment frees what the update before it reads.
    for (let count = 0; count < 3; count++)
      tf.tidy(() =>
        average.assign(movingAverage(average, tf.tensor1d([1, 1, 1]).mul(2), { kept: 0.5, share: 0.5 }) as tf.Tensor1D),
      );
    const doubled = tf.tidy(() => average.mul(2));
    expectClose(await doubled.data(), [1.875 * 2, 2 * 2, 2.125 * 2]);
    expectClose(await average.data(), [1.875, 2, 2.125]);
    tf.dispose([average, doubled]);
  });

  test("hold nothing once they have run, be their results used or not", async () => {
    await tf.setBackend("webgpu");
    const backend = tf.backend() as GpuBackend;
    const [first, second] = [1, 2].map(() => {
      tf.tidy(() => void shapes.map((shape, at) => step(at, shape)));
      backend.settle();
      return { ...tf.memory(), bytes: backend.stats().bytesInUse };
    });
    expect(second?.numDataBuffers).toBe(first?.numDataBuffers);
    expect(second?.bytes).toBe(first?.bytes);
  });
});
