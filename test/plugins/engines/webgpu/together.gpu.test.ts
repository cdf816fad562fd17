import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { finiteness, movingAverage, sgdRates, sgdStep, sgdSteps } from "../../../../core/ops/index.js";
import type { GpuBackend } from "../../../../plugins/engines/webgpu/backend.js";
import { type Rule, runTogether } from "../../../../plugins/engines/webgpu/together.js";
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
    const many = [...shapes, ...shapes, ...shapes];
    // All weights and velocities are bound at once, and each gradient by itself.
    const first = tf.tidy(() => many.map((shape, at) => ({ ...step(at, shape) })));
    const next = () => first.map(({ parameter, velocity }) => sgdStep(parameter, parameter, velocity, sgd));
    expect(dispatchesOf(next)).toBe(Math.ceil(many.length / (most - 2)));
    tf.dispose(first.flatMap(({ parameter, velocity }) => [parameter, velocity]));
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

  test("go on from values that lie together by now", async () => {
    await expectSame(() => {
      let weights = shapes.map((shape) => ({ parameter: normals(shape, "p"), velocity: normals(shape, "v") }));
      for (let count = 0; count < 3; count++) {
        const steps = weights.map((weight, at) => {
          const gradient = normals(shapes[at] as number[], `${count}`);
          return { ...weight, gradient, learningRate: 0.1 / (at + 1), weightDecay: 0.01 };
        });
        const each = () =>
          steps.map((step) => sgdStep(step.parameter, step.gradient, step.velocity, { ...sgd, ...step }));
        const rates = tf.tensor2d(steps.map((step) => [...sgdRates(step)]));
        weights = [...(sgdSteps(steps, rates, sgd) ?? each())];
        // Another company than before.
        if (count === 1) weights.splice(2, 1, { parameter: normals([1], "p"), velocity: normals([1], "v") });
      }
      return weights.flatMap(({ parameter, velocity }) => [parameter, velocity]);
    });
  });

  const doubling: Rule = {
    name: "test-doubling",
    states: ["one", "other"],
    reads: ["more"],
    writes: ["nextOne", "nextOther"],
    body: "nextOne = one * 2.0 + more; nextOther = other * 3.0 + more;",
  };

  test.each([
    ["more than one buffer can be", 3000],
    ["each more than one buffer can be", 256],
  ])("are right where they are %s", async (_, bytes) => {
    await tf.setBackend("webgpu");
    const backend = tf.backend() as GpuBackend;
    const tensors = shapes.map((shape) => ({
      one: normals(shape),
      other: normals(shape, "o"),
      more: normals(shape, "m"),
    }));
    const updates = tensors.map(({ one, other, more }) => {
      const writes = [1, 2].map(() => backend.makeTensorInfo([...one.shape], "float32"));
      return { states: [one, other], reads: [more], writes, numbers: {} };
    });
    runTogether(backend.parts, { rule: doubling, updates }, { buffers: 4, bytes });
    for (const [at, { writes }] of updates.entries()) {
      const { one, other, more } = tensors[at] as (typeof tensors)[number];
      const wanted = tf.tidy(() => [one.mul(2).add(more), other.mul(3).add(more)]);
      for (const [index, { dataId, shape, dtype }] of writes.entries()) {
        const made = tf.engine().makeTensorFromDataId(dataId, shape, dtype);
        expectClose(await made.data(), await (wanted[index] as tf.Tensor).data());
        made.dispose();
      }
      tf.dispose([wanted, one, other, more]);
    }
  });

  test("that are run again are right for values that lie apart", async () => {
    await tf.setBackend("webgpu");
    const backend = tf.backend() as GpuBackend;
    const average = (averages: readonly tf.Tensor[], values: readonly tf.Tensor[]) =>
      averages.map((one, at) => movingAverage(one, values[at] as tf.Tensor, { kept: 0.5, share: 0.5 }));
    const values = shapes.map((shape) => normals(shape));
    const apart = shapes.map((shape) => normals(shape, "a"));
    const together = tf.tidy(() => average(apart, values));
    const noting = backend.begin([...together, ...values]);
    const wanted = tf.tidy(() => average(together, values));
    const recording = noting.end(wanted);
    const read = async (given: readonly tf.Tensor[]) => {
      const made = recording?.run(given) ?? [];
      const tensors = made.map(({ dataId, shape, dtype }) => tf.engine().makeTensorFromDataId(dataId, shape, dtype));
      const read = await Promise.all(tensors.map((tensor) => tensor.data()));
      tf.dispose(tensors);
      return read;
    };
    expect(await read([...together, ...values])).toEqual(await Promise.all(wanted.map((one) => one.data())));
    expect(await read([...apart, ...values])).toEqual(await Promise.all(together.map((one) => one.data())));
    tf.dispose([values, apart, together, wanted]);
  });
});

describe.skipIf(!hasGpu)("the check of many tensors on the engine webgpu", () => {
  beforeAll(startGpu);

  const isFound = async (tensors: readonly tf.Tensor[]) => {
    const found = tf.tidy(() => tf.concat1d([...finiteness(tensors)]));
    const values = await found.data();
    found.dispose();
    return values.some((value) => !Number.isFinite(value));
  };
  const sizes = [5, 4, 1, 4099, 3, 70_000, 8, 2, 6, 9, 1, 11, 300, 7];

  test("finds a value that is not finite in any of them, be it the first or the last", async () => {
    await tf.setBackend("webgpu");
    for (const [at, size] of sizes.entries())
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const tensors = sizes.map((size) => tf.fill([size], 3e38));
        const place = at % 2 === 0 ? size - 1 : 0;
        const values = Float32Array.from({ length: size }, (_, index) => (index === place ? value : 3e38));
        const one = tf.tensor1d(values);
        expect(await isFound(tensors.with(at, one))).toBe(true);
        tf.dispose([tensors, one]);
      }
  });

  test("finds none where there is none, be they ever so large, and whatever lies behind them in memory", async () => {
    await tf.setBackend("webgpu");
    const noise = sizes.map((size) => tf.fill([size + 7], Number.NaN).add(0));
    await Promise.all(noise.map((one) => one.data()));
    tf.dispose(noise);
    const tensors = sizes.map((size) => tf.fill([size], 3e38).neg());
    expect(await isFound(tensors)).toBe(false);
    tf.dispose(tensors);
  });
});
