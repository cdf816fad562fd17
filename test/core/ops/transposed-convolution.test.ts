import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { conv2d, conv2dTranspose } from "../../../core/ops/index.js";
import { gradientError } from "../../../core/testing/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const normals = (shape: [number, number, number, number], seed: string) =>
  tf.tensor4d(createRandom(seed).normals(tf.util.sizeFromShape(shape)), shape);

/* By torch.nn.functional.conv_transpose2d, PyTorch 1.13. */
const x = [0.25, 1.25, 0.5, 1.5, 0.75, 1.75, 1, 2];
const filter = [
  -0.5, 0.5, 0, -0.75, -0.25, 0.75, 0.25, -0.5, 0, -0.75, 0.5, -0.25, 0.25, -0.5, 0.75, 0, 0.5, -0.25, -0.75, 0.25,
  0.75, 0, -0.5, 0.5, -0.75, 0.25, -0.25, 0.75, -0.5, 0.5, 0, -0.75, -0.25, 0.75, 0.25, -0.5,
];
const doubled = [
  -0.1875, 0.125, -0.4375, 0.875, -0.125, 0, 0.375, 0.5, 1.625, -1.625, 0.0625, -1.125, 1.75, -1.875, -0.5, -0.625,
  -0.0625, -0.125, -0.1875, 1.25, 0, -0.25, 0.75, 0.5, 0.5, -1.3125, 0.875, 0.5625, 0.5, -1.5, 1.25, -0.75,
];
const same = [0.8125, -1.6875, 0, -0.3125, -0.3125, 0.6875, 1.9375, -1.4375];

describe.each(engineNames)("transposed convolution on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("doubles the sides as PyTorch's does with kernel 3, stride 2, padding 1 and output padding 1", () => {
    const y = conv2dTranspose(tf.tensor4d(x, [1, 2, 2, 2]), tf.tensor4d(filter, [3, 3, 2, 2]), {
      stride: 2,
      padding: 1,
      outputPadding: 1,
    });
    expect(y.shape).toEqual([1, 4, 4, 2]);
    expect(y).toBeAllclose(tf.tensor4d(doubled, [1, 4, 4, 2]), { absolute: 1e-6 });
  });

  test("keeps the sides as PyTorch's does with stride 1 and padding 1", () => {
    const y = conv2dTranspose(tf.tensor4d(x, [1, 2, 2, 2]), tf.tensor4d(filter, [3, 3, 2, 2]), { padding: 1 });
    expect(y).toBeAllclose(tf.tensor4d(same, [1, 2, 2, 2]), { absolute: 1e-6 });
  });

  test("is the adjoint of the convolution with the same filter", () => {
    const [a, f] = [normals([2, 4, 5, 3], "a"), normals([3, 3, 2, 3], "f")];
    const b = normals([2, 8, 10, 2], "b");
    const up = conv2dTranspose(a, f, { stride: 2, padding: 1, outputPadding: 1 });
    const down = conv2d(b, f, { stride: 2, padding: 1 });
    expect(up.mul(b).sum()).toBeAllclose(down.mul(a).sum(), { absolute: 1e-3 });
  });

  test.each([
    { stride: 2, padding: 1, outputPadding: 1 },
    { stride: 1, padding: 1, outputPadding: 0 },
    { stride: 2, padding: 0, outputPadding: 0 },
  ])("has the gradients that finite differences give, with %o", (options) => {
    const inputs = [normals([2, 3, 4, 3], "x"), normals([3, 3, 2, 3], "filter")];
    const compute = (x: tf.Tensor, f: tf.Tensor) => conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, options);
    // Linear in each input, so a large step costs nothing and drowns the rounding.
    expect(gradientError(compute as (...inputs: tf.Tensor[]) => tf.Tensor, inputs, { step: 0.5 })).toBeLessThan(1e-3);
  });
});
