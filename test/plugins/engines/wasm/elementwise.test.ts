import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { startWasm } from "../../../../plugins/engines/wasm/index.js";

const values = [Number.NaN, -1, 2, Number.NaN, 7, 0, -0.5, 0.25, 300];

describe("element-wise kernels on wasm", () => {
  beforeAll(startWasm);
  const apply = (kernel: (x: tf.Tensor) => tf.Tensor) =>
    Array.from(tf.tidy(() => kernel(tf.tensor1d(values)).dataSync()));

  test("clip without hiding NaN", () =>
    expect(apply((x) => x.clipByValue(-0.75, 3))).toEqual([Number.NaN, -0.75, 2, Number.NaN, 3, 0, -0.5, 0.25, 3]));
  test("cut off at 6 without hiding NaN", () =>
    expect(apply((x) => x.relu6())).toEqual([Number.NaN, 0, 2, Number.NaN, 6, 0, 0, 0.25, 6]));
  test("make truth values 0 and 1", () =>
    expect(apply((x) => x.slice(1).cast("bool"))).toEqual([1, 1, 1, 1, 0, 1, 1, 1]));
  test("make truth values of integers", () =>
    expect(apply(() => tf.tensor1d([0, 256, -1, 3], "int32").cast("bool"))).toEqual([0, 1, 1, 1]));
  test("truncate to integers", () => expect(apply((x) => x.slice(4).cast("int32"))).toEqual([7, 0, 0, 0, 300]));
  test("clip integers", () =>
    expect(apply(() => tf.tensor1d([-5, 1, 9], "int32").clipByValue(0, 4))).toEqual([0, 1, 4]));
});
