import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { addRelu } from "../../../../core/ops/index.js";
import { hasGpu, onBoth, startGpu } from "../../../support/gpu.js";

describe.skipIf(!hasGpu)("on the engine webgpu", () => {
  beforeAll(startGpu);

  test("a sum and its ReLU are those of the JavaScript backend, and NaN stays NaN", async () => {
    const [result] = await onBoth(() => addRelu(tf.tensor1d([1, -3, Number.NaN, 2]), tf.tensor1d([1, 1, 1, -5])));
    expect(result?.gpu).toEqual(Float32Array.of(2, 0, Number.NaN, 0));
  });
});
