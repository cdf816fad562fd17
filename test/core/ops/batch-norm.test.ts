import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { addRelu, batchNormAddRelu, batchNormInference, batchNormTraining } from "../../../core/ops/index.js";
import { gradientError } from "../../../core/testing/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const channels = 5;

function normals(shape: number[], seed: string): tf.Tensor {
  return tf.tensor(createRandom(seed).normals(tf.util.sizeFromShape(shape)), shape);
}

/** By the definition, in double precision. */
function naive(x: number[], scale: number[], offset: number[], epsilon: number) {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const columns = scale.map((_, channel) => x.filter((_, index) => index % channels === channel));
  const means = columns.map(mean);
  const variances = columns.map((column) => mean(column.map((value) => (value - mean(column)) ** 2)));
  const normalized = x.map((value, index) => {
    const channel = index % channels;
    // Every list has one entry per channel.
    const [m, v, s, o] = [means, variances, scale, offset].map((list) => list[channel]) as [
      number,
      number,
      number,
      number,
    ];
    return ((value - m) / Math.sqrt(v + epsilon)) * s + o;
  });
  return { normalized, mean: means, variance: variances };
}

describe.each(engineNames)("batch normalisation on %s", (engine) => {
  let x: tf.Tensor4D;
  let scale: tf.Tensor1D;
  let offset: tf.Tensor1D;

  beforeAll(async () => {
    await startEngine(engine);
    x = normals([3, 4, 4, channels], "x")
      .mul(2)
      .add(tf.tensor1d([0, 1, -3, 10, 0.1])) as tf.Tensor4D;
    scale = normals([channels], "scale") as tf.Tensor1D;
    offset = normals([channels], "offset") as tf.Tensor1D;
  });

  const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync());

  test("agrees with the definition, written naively", () => {
    const wanted = naive(values(x), values(scale), values(offset), 1e-3);
    const { normalized, mean, variance } = batchNormTraining(x, scale, offset, { epsilon: 1e-3 });
    expect(normalized).toBeAllclose(wanted.normalized, { absolute: 1e-5 });
    expect(normalized.shape).toEqual(x.shape);
    expect(mean).toBeAllclose(wanted.mean);
    expect(variance).toBeAllclose(wanted.variance);
  });

  test("is followed by a ReLU where that is wanted", () => {
    const { normalized } = batchNormTraining(x, scale, offset);
    expect(batchNormTraining(x, scale, offset, { relu: true }).normalized).toBeAllclose(normalized.relu());
  });

  test("ends a residual block as a sum and a ReLU behind it would", () => {
    const residual = normals([3, 4, 4, channels], "residual").mul<tf.Tensor4D>(2);
    const apart = batchNormTraining(x, scale, offset, { epsilon: 1e-3 });
    const { normalized, mean, variance } = batchNormAddRelu(x, scale, offset, residual, { epsilon: 1e-3 });
    expect(normalized).toBeAllclose(addRelu(apart.normalized, residual));
    expect(mean).toBeAllclose(apart.mean);
    expect(variance).toBeAllclose(apart.variance);
    expect(() => tf.dispose(Object.values(batchNormAddRelu(x, scale, offset, residual)))).not.toLeak();
    const loss = (x: tf.Tensor) =>
      batchNormAddRelu(x, scale, offset, residual as tf.Tensor)
        .normalized.square()
        .sum();
    expect(() => tf.grad(loss)(x).dispose()).not.toLeak();
  });

  test("keeps its digits where the mean is large", () => {
    const far = x.add(1000);
    const { variance } = batchNormTraining(far as tf.Tensor4D, scale, offset);
    expect(variance).toBeAllclose(batchNormTraining(x, scale, offset).variance, { relative: 1e-3 });
  });

  test("takes vectors too", () => {
    const flat = x.reshape([48, channels]);
    expect(batchNormTraining(flat, scale, offset).normalized).toBeAllclose(
      batchNormTraining(x, scale, offset).normalized.reshape([48, channels]),
    );
  });

  test.each([false, true])("has the gradient that finite differences give (relu: %s)", (relu) => {
    // Offsets that keep the ReLU's kink away from every value, yet close it for two channels.
    const apart = relu ? tf.tensor1d([9, -9, 9, -9, 9]) : offset;
    const compute = (x: tf.Tensor, s: tf.Tensor, o: tf.Tensor) =>
      batchNormTraining(x, s as tf.Tensor1D, o as tf.Tensor1D, { relu }).normalized;
    expect(gradientError(compute, [x, scale, apart], { step: 0.03 })).toBeLessThan(5e-3);
  });

  test("closes the gradient exactly where its ReLU is closed", () => {
    const compose = (relu: boolean) => (scale: tf.Tensor) => {
      const { normalized } = batchNormTraining(x, scale as tf.Tensor1D, offset, { relu });
      return (relu ? normalized : normalized.relu()).square().sum();
    };
    const apart = tf.grad(compose(false))(scale);
    expect(tf.grad(compose(true))(scale)).toBeAllclose(apart, { relative: 1e-4, absolute: 1e-4 });
  });

  test("lets gradients through its mean and variance", () => {
    const compute = (x: tf.Tensor) => {
      const { normalized, mean, variance } = batchNormTraining(x, scale, offset);
      return tf.concat([mean.square(), variance.sqrt(), normalized.mean([0, 1, 2])]);
    };
    expect(gradientError(compute, [x], { step: 0.05 })).toBeLessThan(5e-3);
  });

  test("by given statistics agrees with the definition and differentiates", () => {
    const { mean, variance, normalized } = batchNormTraining(x, scale, offset, { relu: true });
    expect(batchNormInference(x, mean, variance, scale, offset, { relu: true })).toBeAllclose(normalized, {
      absolute: 1e-5,
    });
    const compute = (x: tf.Tensor, m: tf.Tensor, v: tf.Tensor, s: tf.Tensor, o: tf.Tensor) =>
      batchNormInference(x, m as tf.Tensor1D, v as tf.Tensor1D, s as tf.Tensor1D, o as tf.Tensor1D);
    expect(gradientError(compute, [x, mean, variance, scale, offset])).toBeLessThan(5e-3);
  });

  test("leaks no tensor, inside and outside the tape", () => {
    expect(() => tf.dispose(Object.values(batchNormTraining(x, scale, offset, { relu: true })))).not.toLeak();
    const loss = (x: tf.Tensor) => batchNormTraining(x, scale, offset).normalized.square().sum();
    expect(() => tf.grad(loss)(x).dispose()).not.toLeak();
  });

  test.each([
    ["its statistics", (x: tf.Tensor) => batchNormTraining(x, scale, offset, { relu: true }), 2],
    ["its statistics and the result, where a residual is added", (x) => batchNormAddRelu(x, scale, offset, x), 3],
  ] as [string, (x: tf.Tensor) => object, number][])(
    "holds nothing new for the gradient but %s",
    (_, compute, expected) => {
      let held = Number.NaN;
      const loss = (x: tf.Tensor) => {
        const before = tf.memory().numDataBuffers;
        tf.tidy(() => void compute(x));
        held = tf.memory().numDataBuffers - before;
        return x.sum();
      };
      tf.grad(loss)(x).dispose();
      expect(held).toBe(expected);
    },
  );
});
