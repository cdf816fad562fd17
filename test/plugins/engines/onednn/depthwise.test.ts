import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { loadAddon } from "../../../../plugins/engines/onednn/addon.js";
import { available, expectSame, numbers, random } from "./both.js";

type Padding = "same" | "valid" | number | [[0, 0], [number, number], [number, number], [0, 0]];

/** Stride 1 with 3, 5 or 7 columns: what fgkd's own loops serve. */
const cases: [why: string, x: number[], filter: number[], pad: Padding][] = [
  ["a ConvNeXt's", [1, 14, 14, 16], [7, 7, 16, 1], "same"],
  ["channels that fill no vector", [2, 8, 9, 5], [7, 7, 5, 1], 3],
  ["channels that fill one vector and part of another", [1, 7, 8, 21], [5, 5, 21, 1], "same"],
  ["more channels than the cache takes at once", [1, 6, 28, 700], [7, 7, 700, 1], "same"],
  ["more rows than one part has", [1, 70, 5, 3], [3, 3, 3, 1], "same"],
  ["an image smaller than the window", [2, 2, 3, 8], [7, 7, 8, 1], "same"],
  ["no padding", [1, 9, 10, 8], [5, 5, 8, 1], "valid"],
  ["more padding than the window reaches", [1, 4, 4, 8], [3, 3, 8, 1], 4],
  [
    "padding on one side",
    [1, 6, 6, 8],
    [3, 3, 8, 1],
    [
      [0, 0],
      [2, 0],
      [0, 1],
      [0, 0],
    ],
  ],
  ["a window taller than wide", [1, 9, 9, 8], [6, 3, 8, 1], "same"],
  ["a window wider than tall", [1, 9, 9, 8], [1, 7, 8, 1], "same"],
];

const run = (x: tf.Tensor, filter: tf.Tensor, pad: Padding) =>
  tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, pad as "same");

describe.skipIf(!available)("depthwise convolutions at stride 1", () => {
  test.each(cases)("equal tfjs with %s", async (_why, x, filter, pad) => {
    await expectSame(() => run(random(x, 1), random(filter, 2), pad));
  });

  test.each(cases)("have tfjs' gradients with %s", async (_why, x, filter, pad) => {
    await expectSame(() => {
      const loss = (image: tf.Tensor, weights: tf.Tensor) => {
        const y = run(image, weights, pad);
        return y.mul(random(y.shape, 3)).sum().asScalar();
      };
      return tf.grads(loss)([random(x, 1), random(filter, 2)]);
    });
  });

  test("leave the other strides, dilations and multipliers right as well", async () => {
    await expectSame(() => {
      const [x, filter] = [random([2, 9, 9, 6], 1) as tf.Tensor4D, random([3, 3, 6, 1], 2) as tf.Tensor4D];
      return [
        tf.depthwiseConv2d(x, filter, 2, "same"),
        tf.depthwiseConv2d(x, filter, 1, "same", "NHWC", 2),
        tf.depthwiseConv2d(x, random([3, 3, 6, 2], 2) as tf.Tensor4D, 1, "same"),
      ];
    });
  });

  test("give the same bytes with any number of threads", () => {
    const addon = loadAddon();
    const [n, side, c, k] = [2, 40, 24, 7];
    const size = n * side * side * c;
    const [x, dy, filter] = [numbers(size, 1), numbers(size, 2), numbers(k * k * c, 3)];
    const shape = Int32Array.of(n, side, side, c, k, k, 3, 3, side, side);
    const withThreads = (threads: number) => {
      addon.setThreads(threads);
      const [y, dx, dFilter] = [new Float32Array(size), new Float32Array(size), new Float32Array(k * k * c)];
      addon.depthwise(x, filter, null, y, shape);
      addon.depthwiseInputGrad(dy, filter, dx, shape);
      addon.depthwiseFilterGrad(x, dy, dFilter, shape);
      return Buffer.concat([y, dx, dFilter].map(({ buffer }) => Buffer.from(buffer)));
    };
    const before = addon.describe().threads;
    const one = withThreads(1);
    for (const threads of [2, 3]) expect(withThreads(threads).equals(one)).toBe(true);
    addon.setThreads(before);
  });

  test.each<[string, number[]]>([
    ["a window of four columns", [1, 8, 8, 8, 3, 4, 1, 1, 8, 8]],
    ["a size of zero", [1, 8, 0, 8, 3, 3, 1, 1, 8, 8]],
    ["padding beyond the image", [1, 8, 8, 8, 3, 3, 100, 1, 8, 8]],
    ["arrays of another size", [1, 8, 8, 16, 3, 3, 1, 1, 8, 8]],
  ])("refuse %s", (_what, shape) => {
    const [x, filter, y] = [new Float32Array(512), new Float32Array(72), new Float32Array(512)];
    expect(() => loadAddon().depthwise(x, filter, null, y, Int32Array.from(shape))).toThrow(
      /depthwise convolution|values/,
    );
  });
});
