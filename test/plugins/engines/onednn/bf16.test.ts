import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { batchNormTraining, conv2d } from "../../../../core/ops/index.js";
import { loadAddon } from "../../../../plugins/engines/onednn/addon.js";
import type { OnednnBackend } from "../../../../plugins/engines/onednn/backend.js";
import { startOnednn } from "../../../../plugins/engines/onednn/index.js";
import { trainApart } from "../../../support/native-training.js";
import { blockEnds, expectOneEnd } from "./block-ends.js";
import { available, numbers } from "./both.js";
import { expectRounded, randomBf16, rounded, unit, valuesOn } from "./rounded.js";

type Case = [x: number[], filter: number[], stride: number, pad: "same" | "valid" | number];

const convolutions: Case[] = [
  [[2, 16, 16, 3], [7, 7, 3, 16], 2, 3],
  [[2, 8, 8, 16], [1, 1, 16, 8], 1, "valid"],
  [[2, 8, 8, 64], [1, 1, 64, 32], 2, "valid"],
  [[3, 8, 8, 32], [3, 3, 32, 64], 1, 1],
  [[2, 8, 8, 64], [3, 3, 64, 64], 2, 1],
  [[2, 7, 9, 5], [2, 4, 5, 3], 2, "same"],
];

describe.skipIf(!available)("in bf16, onednn", () => {
  beforeAll(() => startOnednn({ precision: "bf16", threads: 2 }));

  test("a convolution and the residual behind it stay two kernels, for what is between them is rounded", () => {
    expect(tf.getKernel("FgkdConvAddRelu", "onednn")).toBeUndefined();
  });

  test("rounds to the nearest, of two alike to the even one, and keeps what is no number", () => {
    const addon = loadAddon();
    const special = [1.00390625, 1.01171875, -1.00390625, 3.4e38, Infinity, -Infinity, NaN, 0, -0, 1e-40];
    const given = Float32Array.from([...special, ...numbers(1000, 5, -1e3, 1e3)]);
    const [bits, floats, widened] = [new Uint16Array(given.length), given.slice(), given.slice()];
    addon.roundToBf16(given, bits);
    addon.roundToBf16(given, floats);
    addon.widenBf16(bits, widened);
    expect(widened).toEqual(rounded(given));
    expect(floats).toEqual(widened);
  });

  test.each(convolutions)(
    "convolves, forward and in both gradients: %j, %j, %j, %j",
    async (x, filter, stride, pad) => {
      await expectRounded(() => {
        const [image, weights] = [randomBf16(x, 1) as tf.Tensor4D, randomBf16(filter, 2) as tf.Tensor4D];
        const y = tf.conv2d(image, weights, stride, pad);
        const dy = randomBf16(y.shape, 3);
        const loss = (a: tf.Tensor, b: tf.Tensor) =>
          tf
            .conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad)
            .mul(dy)
            .sum()
            .asScalar();
        return [y, ...tf.grads(loss)([image, weights])];
      });
    },
  );

  test("convolves depthwise, and with bias and ReLU", async () => {
    await expectRounded(() => [
      tf.depthwiseConv2d(
        randomBf16([2, 9, 9, 16], 1) as tf.Tensor4D,
        randomBf16([3, 3, 16, 1], 2) as tf.Tensor4D,
        1,
        1,
      ),
      tf.fused.conv2d({
        x: randomBf16([2, 8, 8, 16], 1) as tf.Tensor4D,
        filter: randomBf16([1, 1, 16, 8], 2) as tf.Tensor4D,
        strides: 1,
        pad: "same",
        bias: randomBf16([8], 3),
        activation: "relu",
      }),
    ]);
  });

  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])("multiplies matrices, turned %s and %s, and gives floats", async (turnsA, turnsB) => {
    const [a, b] = [
      [turnsA ? [3, 17, 33] : [3, 33, 17], 1],
      [turnsB ? [3, 9, 17] : [3, 17, 9], 2],
    ] as const;
    const compute = () => [tf.matMul(randomBf16([...a[0]], 1), randomBf16([...b[0]], 2), turnsA, turnsB)];
    const [[wanted], [made]] = [await valuesOn("cpu", compute), await valuesOn("onednn", compute)];
    for (const [i, value] of (wanted ?? []).entries()) expect(made?.[i]).toBeCloseTo(value, 5);
  });

  test("multiplies what is not of bf16 as what it rounds to", async () => {
    await tf.setBackend("onednn");
    const [a, b] = [numbers(64 * 32, 1), numbers(32 * 16, 2)];
    const product = (x: Float32Array, y: Float32Array) =>
      tf.tidy(() => tf.matMul(tf.tensor2d(x, [64, 32]), tf.tensor2d(y, [32, 16])).dataSync());
    expect(product(a, b)).toEqual(product(rounded(a), rounded(b)));
    const image = (x: Float32Array, y: Float32Array) =>
      tf.tidy(() => tf.conv2d(tf.tensor4d(x, [1, 8, 8, 32]), tf.tensor4d(y, [1, 1, 32, 16]), 1, "same").dataSync());
    expect(image(a, b)).toEqual(image(rounded(a), rounded(b)));
  });

  test("keeps images between layers in half the memory, and no floats of them after they were read", async () => {
    await tf.setBackend("onednn");
    const { pool } = tf.backend() as OnednnBackend;
    const [x, filter] = [randomBf16([4, 32, 32, 16], 1) as tf.Tensor4D, randomBf16([1, 1, 16, 16], 2) as tf.Tensor4D];
    const ones = tf.ones([16]) as tf.Tensor1D;
    const before = pool.bytesInUse;
    const y = conv2d(x, filter);
    const { normalized, mean, variance } = batchNormTraining(y, ones, ones, { relu: true });
    tf.dispose([mean, variance]);
    const elements = 2 * 4 * 32 * 32 * 16;
    const kept = pool.bytesInUse - before;
    // The pool may hand out a buffer of the next two sizes, an eighth larger each.
    expect(kept).toBeLessThan(2.6 * elements);
    expect(y.dataSync()).toEqual(rounded(y.dataSync() as Float32Array));
    // A kernel that knows floats alone.
    tf.dispose(normalized.exp());
    expect(pool.bytesInUse - before).toBe(kept);
    tf.dispose([x, filter, ones, y, normalized]);
  });

  test("normalises batches as floats would, with statistics in floats", async () => {
    await expectRounded(() => {
      const x = tf.conv2d(
        randomBf16([2, 8, 8, 32], 1) as tf.Tensor4D,
        tf.eye(32).reshape([1, 1, 32, 32]) as tf.Tensor4D,
        1,
        "same",
      );
      const [scale, offset] = [randomBf16([32], 2) as tf.Tensor1D, randomBf16([32], 3) as tf.Tensor1D];
      const dy = randomBf16(x.shape, 4);
      const { normalized, mean, variance } = batchNormTraining(x, scale, offset, { relu: true });
      const loss = (...parts: tf.Tensor[]) => {
        const [a, b, c] = parts as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
        return batchNormTraining(a, b, c).normalized.mul(dy).sum().asScalar();
      };
      return [normalized, mean, variance, ...tf.grads(loss)([x, scale, offset])];
    });
  });

  test.each(blockEnds)("ends a residual block of %j in one kernel with the bytes of two", async (shape) => {
    await tf.setBackend("onednn");
    expectOneEnd(shape);
  });

  test("pools, adds and rectifies images that are kept so", async () => {
    await expectRounded(() => {
      const eye = tf.eye(16).reshape([1, 1, 16, 16]) as tf.Tensor4D;
      const [x, other] = [1, 2].map((seed) =>
        tf.conv2d(randomBf16([2, 9, 9, 16], seed) as tf.Tensor4D, eye, 1, "same"),
      );
      const pooled = (image: tf.Tensor) => tf.maxPool(image as tf.Tensor4D, 3, 2, 1);
      const dy = randomBf16([2, 5, 5, 16], 3);
      const gradient = tf.grad((image) => pooled(image).mul(dy).sum())(x as tf.Tensor);
      return [
        pooled(x as tf.Tensor),
        gradient,
        (x as tf.Tensor).add(other as tf.Tensor),
        tf.relu(x as tf.Tensor),
        tf.addN([x, other] as tf.Tensor[]),
      ];
    });
  });

  test("takes the same steps to the same bytes, which are not those of f32", async () => {
    const [once, again, f32] = await Promise.all(
      (["bf16", "bf16", "f32"] as const).map((precision) =>
        trainApart({ steps: 3, engine: { precision, layout: "plain" } }),
      ),
    );
    expect(again?.digest).toBe(once?.digest);
    expect(f32?.digest).not.toBe(once?.digest);
  }, 120_000);

  test("computes the same numbers on processors without units for them", async () => {
    const script = `
      import * as tf from "@tensorflow/tfjs";
      const { startOnednn } = await import("./plugins/engines/onednn/index.ts");
      const { numbers } = await import("./test/plugins/engines/onednn/both.ts");
      await startOnednn({ precision: "bf16", threads: 1 });
      const y = tf.conv2d(tf.tensor4d(numbers(2 * 64 * 32, 1), [2, 8, 8, 32]), tf.tensor4d(numbers(32 * 16, 2), [1, 1, 32, 16]), 1, "same");
      const z = tf.matMul(y.reshape([128, 16]), tf.tensor2d(numbers(16 * 8, 3), [16, 8]));
      const bias = tf.tensor1d(numbers(8, 4));
      const tokens = tf.fused.matMul({ a: y.reshape([128, 16]), b: tf.tensor2d(numbers(16 * 8, 3), [16, 8]), bias });
      process.stdout.write(JSON.stringify([y, z, tokens].flatMap((made) => [...made.dataSync()])));`;
    const valuesWith = async (limit: string) => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["--import", "tsx", "--input-type=module", "-e", script],
        { cwd: new URL("../../../..", import.meta.url).pathname, env: { ...process.env, FGKD_MAX_CPU_ISA: limit } },
      );
      return JSON.parse(stdout) as number[];
    };
    const [here, older] = await Promise.all([valuesWith(""), valuesWith("baseline")]);
    expect(older).toHaveLength(4096);
    for (const [i, value] of here.entries())
      expect(Math.abs((older[i] as number) - value)).toBeLessThanOrEqual(unit * Math.abs(value) + 1e-5);
  }, 60_000);
});
