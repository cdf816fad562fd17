import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { type Addon, loadAddon } from "../../../../plugins/engines/onednn/addon.js";
import { available, expectSame, numbers, random } from "./both.js";

type Sides = [n: number, h: number, w: number, c: number];

/** Channels that are no multiple of eight keep images in the usual order on every instruction set. */
const cases: [x: Sides, outside: number, strides: number | [number, number]][] = [
  [[2, 5, 7, 3], 5, 1],
  [[1, 1, 1, 1], 1, 1],
  [[3, 9, 8, 12], 20, 1],
  [[2, 8, 8, 12], 33, 2],
  [[2, 9, 7, 20], 12, 2],
  [[1, 10, 11, 7], 18, 3],
  [[2, 7, 12, 9], 10, [1, 2]],
  [[2, 12, 7, 9], 10, [3, 1]],
  [[4, 17, 15, 36], 130, 1],
  [[1, 31, 33, 260], 12, 2],
];

const four = (shape: number[], seed: number) => random(shape, seed) as tf.Tensor4D;

describe.skipIf(!available)("convolutions of 1×1 on onednn", () => {
  test.each(cases)("equal tfjs: image %j, %i filters, strides %j", async (x, outside, strides) => {
    await expectSame(() => tf.conv2d(four(x, 1), four([1, 1, x[3], outside], 2), strides, "valid"));
  });

  test.each(cases)("have tfjs' gradients: image %j, %i filters, strides %j", async (x, outside, strides) => {
    await expectSame(() => {
      const loss = (image: tf.Tensor, filter: tf.Tensor) => {
        const y = tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, strides, "valid");
        return y.mul(random(y.shape, 3)).sum().asScalar();
      };
      return tf.grads(loss)([random(x, 1), random([1, 1, x[3], outside], 2)]);
    });
  });

  test.each(["linear", "relu", "relu6", "sigmoid"] as const)("fuse bias and %s", async (activation) => {
    await expectSame(() =>
      cases.map(([x, outside, strides]) =>
        tf.fused.conv2d({
          x: four(x, 1).mul(4),
          filter: four([1, 1, x[3], outside], 2),
          strides,
          pad: "valid",
          bias: random([outside], 3),
          activation,
        }),
      ),
    );
  });
});

const kinds = ["forward", "input gradient", "filter gradient"] as const;
const [oneDnn, product] = [0, 48];

describe.skipIf(!available)("1×1 convolutions as products", () => {
  /** Runs one way to compute; the tensor that is written begins as garbage. */
  function run(addon: Addon, choice: number, kind: number, stride: number): Float32Array {
    const [n, size, c, k] = [3, 13, 24, 40];
    const out = Math.floor((size - 1) / stride) + 1;
    const sizes = [n, size, size, c, k, 1, 1, stride, stride, 1, 1, 0, 0, 0, 0, out, out, 1, kind, 0, 0, 0, 0];
    const plan = addon.convPlan(Int32Array.from(sizes), choice, false);
    expect(addon.convDescribe(plan).includes("product")).toBe(choice === product);
    const [x, filter, y] = [n * size * size * c, c * k, n * out * out * k].map((count, i) => numbers(count, i + 1)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const written = [y, x, filter][kind] as Float32Array;
    written.fill(Number.NaN);
    addon.convRun(plan, x, filter, y, null, null);
    return written;
  }

  describe.each([1, 2, 3])("with stride %i", (stride) => {
    test.each([0, 1, 2])("agree with oneDNN's (kind %i)", (kind) => {
      const addon = loadAddon();
      const expected = run(addon, oneDnn, kind, stride);
      const received = run(addon, product, kind, stride);
      const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      received.forEach((value, i) => {
        const difference = Math.abs(value - (expected[i] as number)) / scale;
        if (!(difference < 1e-6)) expect(`${kinds[kind]} ${i}: ${value}`).toBe(`${kinds[kind]} ${i}: ${expected[i]}`);
      });
      expect(run(addon, product, kind, stride)).toEqual(received);
    });
  });
});
