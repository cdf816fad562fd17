import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, test } from "vitest";
import { loadAddon } from "../../../../plugins/engines/onednn/addon.js";
import { available, expectSame, random, resultsOn } from "./both.js";

const turns = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

/** Matrices whose product, with these transposed, is `m` × `k` times `k` × `n`. */
function factors(m: number, n: number, k: number, turnA: boolean, turnB: boolean): [tf.Tensor, tf.Tensor] {
  return [random(turnA ? [k, m] : [m, k], 1), random(turnB ? [n, k] : [k, n], 2)];
}

describe.skipIf(!available)("matrix products on onednn", () => {
  const shapes: [number[], number[], boolean, boolean][] = [
    [[3, 4], [4, 5], false, false],
    [[6, 3, 4], [6, 4, 5], false, false],
    [[6, 4, 3], [6, 5, 4], true, true],
    [[2, 3, 7, 4], [2, 3, 5, 4], false, true],
    [[6, 3, 4], [1, 4, 5], false, false],
    [[1, 4, 3], [6, 4, 5], true, false],
    [[6, 4, 3], [1, 4, 5], true, false],
    [[1, 17, 9], [5, 9, 33], false, false],
    [[5, 130, 40], [1, 40, 70], false, false],
    [[2, 1, 3, 4], [1, 5, 4, 2], false, false],
    [[1, 1], [1, 1], false, false],
  ];
  test.each(shapes)("%j times %j, transposed %j %j", async (a, b, transposeA, transposeB) => {
    await expectSame(() => tf.matMul(random(a, 1), random(b, 2), transposeA, transposeB));
  });

  // Around the sizes of tiles on every instruction set, and of the parts in which products are worked off.
  describe.each(turns)("transposed %j %j", (turnA, turnB) => {
    test.each([1, 5, 6, 7, 13])("equal tfjs with %i rows, for any number of columns", async (m) => {
      await expectSame(() =>
        [1, 7, 8, 9, 16, 17, 33].map((n) => tf.matMul(...factors(m, n, 10, turnA, turnB), turnA, turnB)),
      );
    });

    test.each([
      [97, 40, 70],
      [250, 33, 17],
      [30, 290, 20],
      [9, 20, 330],
      [20, 9, 1300],
      [200, 130, 350],
    ])("equal tfjs at %i × %i and a depth of %i", async (m, n, k) => {
      await expectSame(() => tf.matMul(...factors(m, n, k, turnA, turnB), turnA, turnB));
    });
  });

  test("of nothing are zeros, or nothing", async () => {
    await expectSame(() => [
      tf.matMul(tf.zeros([3, 0]), tf.zeros([0, 4])),
      tf.matMul(tf.zeros([0, 3]), tf.zeros([3, 4])),
    ]);
    const y = Float32Array.of(5, 5, 5, 5);
    const none = new Float32Array(0);
    loadAddon().matMul(none, none, y, Int32Array.of(1, 1, 2, 2, 0, 0, 0, 0), Float32Array.of(1, 2));
    expect([...y]).toEqual([1, 2, 1, 2]);
  });

  test("have tfjs' gradients", async () => {
    await expectSame(() =>
      tf.grads((a, b) => tf.matMul(a, b, true).square().sum())([random([7, 4], 1), random([7, 5], 2)]),
    );
  });

  test("keep what is not a number where it belongs", async () => {
    const a = tf.tensor2d([Number.NaN, 1, 2, 3], [2, 2]);
    await expectSame(() => [
      tf.matMul(a, random([2, 3])),
      tf.fused.matMul({ a, b: random([2, 3]) as tf.Tensor2D, activation: "relu" }),
    ]);
  });
});

describe.skipIf(!available)("fused matrix products on onednn", () => {
  test.each(["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu"] as const)(
    "add a bias, then %s",
    async (name) => {
      await expectSame(() =>
        [3, 16, 21].map((columns) =>
          tf.fused.matMul({
            a: random([9, 30], 1),
            b: random([30, columns], 2).mul(4) as tf.Tensor2D,
            bias: random([columns], 3),
            activation: name,
            leakyreluAlpha: 0.1,
          }),
        ),
      );
    },
  );

  test("do so once, however deep the sum is", async () => {
    await expectSame(() =>
      tf.fused.matMul({
        a: random([40, 1400], 1),
        b: random([1400, 24], 2),
        bias: random([24], 3),
        activation: "relu",
      }),
    );
  });

  test("take a bias for each row, or one for all", async () => {
    await expectSame(() =>
      [[4, 1], [1], [4, 5]].map((shape) =>
        tf.fused.matMul({ a: random([4, 3], 1), b: random([3, 5], 2), bias: random(shape, 3), activation: "relu" }),
      ),
    );
  });
});

describe.skipIf(!available)("the bytes of a matrix product on onednn", () => {
  const threads = available ? loadAddon().describe().threads : 1;
  afterAll(() => loadAddon().setThreads(threads));

  test.each(turns)("do not depend on the threads, transposed %j %j", async (turnA, turnB) => {
    const compute = () =>
      [
        [300, 70, 200],
        [20, 24, 3000],
        [150, 600, 400],
      ].map(([m = 1, n = 1, k = 1]) => tf.matMul(...factors(m, n, k, turnA, turnB), turnA, turnB));
    const results = [];
    for (const count of [1, 2, 3, 3]) {
      await resultsOn("onednn", () => []);
      loadAddon().setThreads(count);
      results.push(await resultsOn("onednn", compute));
    }
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
  });
});
