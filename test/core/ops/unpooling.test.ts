import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { maxPoolForUnpooling, maxUnpool } from "../../../core/ops/index.js";
import { gradientError } from "../../../core/testing/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const image = (rows: readonly (readonly number[])[]) =>
  tf.tensor4d(rows.flat(), [1, rows.length, rows[0]?.length ?? 0, 1]);

describe.each(engineNames)("unpooling on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  const map = () =>
    image([
      [1, 5, -2, -1],
      [3, 2, -4, -3],
    ]);

  test("puts each value where the maximum of its window was, and zeros elsewhere", () => {
    const places = maxPoolForUnpooling(map());
    expect(places.pooled).toBeAllclose(image([[5, -1]]));
    expect(maxUnpool(image([[7, 9]]), places)).toBeAllclose(
      image([
        [0, 7, 0, 9],
        [0, 0, 0, 0],
      ]),
    );
  });

  test("takes the first of equal maxima", () => {
    const flat = image([
      [2, 2],
      [2, 2],
    ]);
    expect(maxUnpool(image([[1]]), maxPoolForUnpooling(flat))).toBeAllclose(
      image([
        [1, 0],
        [0, 0],
      ]),
    );
  });

  test("hands each value the gradient of its place", () => {
    const values = tf.randomNormal<tf.Rank.R4>([2, 3, 2, 3], 0, 1, "float32", 1);
    const places = maxPoolForUnpooling(tf.randomNormal([2, 6, 4, 3], 0, 1, "float32", 2));
    const compute = (values: tf.Tensor) => maxUnpool(values as tf.Tensor4D, places).square();
    expect(gradientError(compute, [values])).toBeLessThan(5e-3);
  });
});
