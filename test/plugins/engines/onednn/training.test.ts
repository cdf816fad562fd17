import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import {
  addRelu,
  batchNormTraining,
  conv2d,
  gelu,
  globalAveragePool,
  maxPool,
  sgdStep,
} from "../../../../core/ops/index.js";
import type { OnednnBackend } from "../../../../plugins/engines/onednn/backend.js";
import { startOnednn } from "../../../../plugins/engines/onednn/index.js";
import { available, expectSame, random, resultsOn } from "./both.js";

const filters: number[][] = [
  [7, 7, 3, 8],
  [3, 3, 8, 8],
  [3, 3, 8, 8],
  [3, 3, 8, 16],
  [3, 3, 16, 16],
  [1, 1, 8, 16],
  [16, 5],
];
const norms = [8, 8, 8, 16, 16, 16];

/** A residual network of two blocks: all that a ResNet is made of. */
function network(x: tf.Tensor4D, weights: tf.Tensor[]): tf.Tensor2D {
  const convNorm = (input: tf.Tensor4D, i: number, stride: number, relu: boolean) => {
    const [filter, scale, offset] = [weights[i], weights[7 + i], weights[13 + i]] as [
      tf.Tensor4D,
      tf.Tensor1D,
      tf.Tensor1D,
    ];
    const padding = Math.floor((filter.shape[0] ?? 1) / 2);
    return batchNormTraining(conv2d(input, filter, { stride, padding }), scale, offset, { relu }).normalized;
  };
  const stem = maxPool(convNorm(x, 0, 2, true));
  const first = addRelu(convNorm(convNorm(stem, 1, 1, true), 2, 1, false), stem);
  const second = addRelu(convNorm(convNorm(first, 3, 2, true), 4, 1, false), convNorm(first, 5, 2, false));
  return globalAveragePool(gelu(second)).matMul(weights[6] as tf.Tensor2D) as tf.Tensor2D;
}

function initialWeights(): tf.Tensor[] {
  return [
    ...filters.map((shape, i) => random(shape, 10 + i).mul(0.3)),
    ...norms.map((size, i) => random([size], 20 + i, 0.5, 1.5)),
    ...norms.map((size, i) => random([size], 30 + i)),
  ];
}

function lossOf(x: tf.Tensor4D, weights: tf.Tensor[]): tf.Scalar {
  const labels = tf.oneHot(tf.tensor1d([0, 3, 1, 4], "int32"), 5);
  return tf.losses.softmaxCrossEntropy(labels, network(x, weights)) as tf.Scalar;
}

const images = () => random([4, 32, 32, 3], 1) as tf.Tensor4D;

/** Takes steps of plain gradient descent; returns a digest of loss and weights. */
async function train(steps: number, after: (step: number) => void = () => {}): Promise<string> {
  await resultsOn("onednn", () => tf.scalar(0));
  const weights = tf.tidy(() => initialWeights().map((value) => tf.variable(value)));
  const x = images();
  for (let step = 0; step < steps; step++) {
    const { value, grads } = tf.variableGrads(() => lossOf(x, weights), weights);
    tf.tidy(() => {
      for (const weight of weights) weight.assign(weight.sub((grads[weight.name] as tf.Tensor).mul(0.05)));
    });
    tf.dispose([value, grads]);
    after(step);
  }
  const digest = createHash("sha256");
  for (const weight of weights) digest.update(new Uint8Array(weight.dataSync().buffer));
  tf.dispose([...weights, x]);
  return digest.digest("hex");
}

describe.skipIf(!available)("training on onednn", () => {
  test("a residual network has tfjs' loss and gradients", async () => {
    await expectSame(() => {
      const x = images();
      const weights = initialWeights();
      const { value, grads } = tf.valueAndGrads((...parts: tf.Tensor[]) => lossOf(x, parts))(weights);
      return [value, ...grads];
    }, 5e-5);
  });

  test("the same steps give the same bytes", async () => {
    expect(await train(5)).toBe(await train(5));
  });

  test("200 steps keep the number of tensors, and their memory", async () => {
    const tensors: number[] = [];
    const resident: number[] = [];
    await train(200, (step) => {
      tensors.push(tf.memory().numTensors);
      if (step % 20 === 19) resident.push(process.memoryUsage().rss / 2 ** 20);
    });
    expect(new Set(tensors).size).toBe(1);
    expect((resident[resident.length - 1] as number) - (resident[2] as number)).toBeLessThan(24);
  }, 120_000);

  test("fused SGD equals its definition", async () => {
    const [parameter, velocity] = await resultsOn(
      "onednn",
      () =>
        tf
          .engine()
          .runKernel(
            "FgkdSgd",
            { parameter: tf.tensor1d([1, 2]), gradient: tf.tensor1d([0.5, -1]), velocity: tf.tensor1d([0.1, 0.2]) },
            { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true },
          ) as tf.Tensor[],
    );
    const gradient = [0.5 + 0.01, -1 + 0.02];
    const moved = [0.09 + (gradient[0] as number), 0.18 + (gradient[1] as number)];
    moved.forEach((value, i) => {
      expect(velocity?.values[i]).toBeCloseTo(value, 6);
      expect(parameter?.values[i]).toBeCloseTo(i + 1 - 0.1 * ((gradient[i] as number) + 0.9 * value), 6);
    });
  });
});

describe.skipIf(!available)("a step of SGD that replaces what it reads, on onednn", () => {
  const options = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true };
  const buffer = (of: tf.Tensor) => ((tf.backend() as OnednnBackend).values(of) as Float32Array).buffer;
  const made = (seed: number) => tf.tidy(() => tf.variable(random([40, 50], seed).mul(1)));
  const values = (of: readonly tf.Tensor[]) => of.map((one) => Buffer.from(one.dataSync().buffer).toString("hex"));

  test("writes the same bytes over the memory of both, and takes none", async () => {
    await startOnednn();
    const [parameter, gradient, velocity] = [made(1), made(2), made(3)] as [tf.Variable, tf.Variable, tf.Variable];
    const apart = sgdStep(parameter, gradient, velocity, options);
    const wanted = values([apart.parameter, apart.velocity]);
    tf.dispose(apart);
    const { pool } = tf.backend() as OnednnBackend;
    const [before, places] = [pool.bytesInUse, [parameter, velocity].map(buffer)];
    const moved = sgdStep(parameter, gradient, velocity, { ...options, replaces: true });
    expect(pool.bytesInUse).toBe(before);
    velocity.assign(moved.velocity);
    parameter.assign(moved.parameter);
    tf.dispose(moved);
    expect([parameter, velocity].map(buffer)).toEqual(places);
    expect(values([parameter, velocity])).toEqual(wanted);
    expect(pool.bytesInUse).toBe(before);
    tf.dispose([parameter, gradient, velocity]);
  });

  test("leaves alone what somebody else holds", async () => {
    await startOnednn();
    const [parameter, gradient, velocity] = [made(1), made(2), made(3)] as [tf.Variable, tf.Variable, tf.Variable];
    const [kept, turned] = [parameter.clone(), velocity.reshape([50, 40])];
    const before = values([kept, turned]);
    tf.dispose(sgdStep(parameter, gradient, velocity, { ...options, replaces: true }));
    expect(values([kept, turned])).toEqual(before);
    expect(values([parameter, velocity])).toEqual(before);
    tf.dispose([parameter, gradient, velocity, kept, turned]);
  });
});

describe.skipIf(!available)("the onednn backend", () => {
  test("values that were read outlive their tensor", async () => {
    await resultsOn("onednn", () => tf.scalar(0));
    const x = random([1000], 1).mul(1);
    const values = x.dataSync();
    const copy = [...values];
    x.dispose();
    tf.tidy(() => Array.from({ length: 20 }, (_, i) => random([1000], i).mul(2)));
    expect([...values]).toEqual(copy);
  });

  test("parts that tfjs' own kernels cut from a tensor outlive it", async () => {
    await resultsOn("onednn", () => tf.scalar(0));
    const x = random([8, 100], 1).mul(1);
    const part = tf.tidy(() => tf.stridedSlice(x, [0, 0], [4, 100], [1, 1]));
    const expected = [...x.dataSync().slice(0, 400)];
    x.dispose();
    const others = Array.from({ length: 20 }, (_, i) => random([8, 100], i).mul(2));
    expect([...part.dataSync()]).toEqual(expected);
    tf.dispose([part, others]);
  });

  test("names the kernel and the shapes when native code refuses", async () => {
    await resultsOn("onednn", () => tf.scalar(0));
    const run = () =>
      tf
        .engine()
        .runKernel(
          "Conv2D",
          { x: tf.ones([1, 4, 4, 2]), filter: tf.ones([9, 9, 2, 2]) },
          { strides: 1, pad: "valid", dilations: 1 },
        );
    expect(run).toThrow("onednn: Conv2D of float32[1,4,4,2], float32[9,9,2,2]");
  });

  test("refuses an index out of range", async () => {
    await resultsOn("onednn", () => tf.scalar(0));
    expect(() => tf.ones([3, 2]).gather(tf.tensor1d([5], "int32"))).toThrow(
      "GatherV2: the index value 5 is not in [0, 2]",
    );
  });
});
