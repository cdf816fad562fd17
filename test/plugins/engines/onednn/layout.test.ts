import * as tf from "@tensorflow/tfjs";
import { describe, test } from "vitest";
import { available, expectSame, random } from "./both.js";

describe.skipIf(!available)("kernels that move values on onednn", () => {
  const permutations: [number[], number[]][] = [
    [
      [5, 7],
      [1, 0],
    ],
    [
      [100, 130],
      [1, 0],
    ],
    [
      [3, 4, 5],
      [2, 0, 1],
    ],
    [
      [3, 40, 50],
      [0, 2, 1],
    ],
    [
      [4, 5, 6, 7],
      [0, 2, 1, 3],
    ],
    [
      [4, 5, 6, 7],
      [3, 2, 1, 0],
    ],
    [
      [4, 5, 6, 17],
      [0, 3, 1, 2],
    ],
    [
      [4, 17, 6, 5],
      [0, 2, 3, 1],
    ],
    [
      [2, 1, 3, 1, 4],
      [4, 1, 0, 3, 2],
    ],
    [
      [2, 3, 33, 19],
      [1, 3, 0, 2],
    ],
    [
      [3, 5, 2],
      [0, 1, 2],
    ],
  ];
  test.each(permutations)("transpose %j by %j", async (shape, permutation) => {
    await expectSame(() => {
      const x = random(shape, 1);
      return [x.transpose(permutation), x.mul(9).toInt().transpose(permutation), x.greater(0).transpose(permutation)];
    });
  });

  test("pad, slice, split, stack, unstack, concatenate and tile as tfjs does", async () => {
    await expectSame(() => {
      const x = random([4, 5, 6], 1);
      const integers = x.mul(9).toInt();
      return [
        x.pad(
          [
            [1, 2],
            [0, 0],
            [3, 1],
          ],
          0.5,
        ),
        integers.pad(
          [
            [0, 0],
            [2, 0],
            [0, 1],
          ],
          7,
        ),
        x.slice([1, 0, 2], [2, 5, 3]),
        x.slice([2], [1]),
        integers.slice([0, 4, 0], [4, 1, 6]),
        ...x.split(3, 2),
        ...x.split([1, 4], 1),
        ...x.unstack(1),
        tf.concat([x, x.mul(2), x], 1),
        tf.concat([x.slice([0, 0, 0], [4, 5, 2]), x], -1),
        tf.stack([x, x.neg()], 2),
        tf.stack([x, x.neg()], -1),
        tf.stack([integers, integers]),
        x.tile([2, 1, 3]),
        x.tile([1, 1, 1]),
        tf.tensor1d([3]).tile([4]),
      ];
    });
  });

  test("gather, one-hot, cast, fill and range as tfjs does", async () => {
    await expectSame(() => {
      const x = random([4, 5, 6], 1, -5, 5);
      const indices = tf.tensor1d([3, 0, 0, 2], "int32");
      return [
        x.gather(indices),
        x.gather(indices, 1),
        x.gather(
          tf.tensor2d(
            [
              [1, 0],
              [2, 3],
            ],
            [2, 2],
            "int32",
          ),
          2,
        ),
        tf.gather(x, tf.tensor2d([[1], [2], [0], [4]], [4, 1], "int32"), 1, 1),
        tf.oneHot(indices, 5),
        tf.oneHot(tf.tensor1d([7, -1, 2], "int32"), 4, 0.9, 0.1, "float32"),
        x.toInt(),
        x.toBool(),
        x.toInt().toFloat(),
        x.toInt().toBool(),
        x.greater(0).toFloat(),
        x.greater(0).toInt(),
        tf.tensor1d([Number.NaN, 3e9, -3e9, Number.POSITIVE_INFINITY]).toInt(),
        tf.fill([3, 2], 2.5),
        tf.fill([3], 7, "int32"),
        tf.zerosLike(x),
        tf.onesLike(x.toInt()),
        tf.range(0, 5),
      ];
    });
  });

  test("empty tensors go to tfjs", async () => {
    await expectSame(() => {
      const none = tf.zeros([0, 3]);
      return [
        none.add(1),
        tf.concat([none, tf.ones([2, 3])]),
        none.transpose(),
        tf.zeros([4, 3]).slice([0, 0], [0, 3]),
      ];
    });
  });
});
