import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { antialiasedResize, resizeMatrix } from "../../../core/ops/index.js";
import { gradientError } from "../../../core/testing/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

describe("the resize matrix", () => {
  test("widens the triangle by the scale when reducing", () => {
    expect(resizeMatrix(4, 2)).toBeAllclose([3 / 7, 3 / 7, 1 / 7, 0, 0, 1 / 7, 3 / 7, 3 / 7]);
  });
  test("interpolates between neighbours when enlarging", () => {
    expect(resizeMatrix(2, 4)).toBeAllclose([1, 0, 0.75, 0.25, 0.25, 0.75, 0, 1]);
  });
  test("takes Keys' cubic with a = −0.5 where asked to, widened likewise", () => {
    const row = (matrix: Float32Array, from: number, at: number) => matrix.slice(at * from, (at + 1) * from);
    expect(row(resizeMatrix(4, 8, "bicubic"), 4, 3)).toBeAllclose([-0.0703125, 0.8671875, 0.2265625, -0.0234375]);
    expect(row(resizeMatrix(8, 2, "bicubic"), 8, 0)).toBeAllclose(row(resizeMatrix(8, 2, "bicubic"), 8, 1).reverse());
    expect(Math.min(...resizeMatrix(8, 2, "bicubic"))).toBeLessThan(0);
  });
  test("is the identity between equal sides", () => {
    expect(resizeMatrix(3, 3)).toBeAllclose([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });
  test.each([
    [112, 40],
    [448, 224],
    [7, 3],
    [3, 7],
    [5, 1],
    [1, 5],
  ])("from %d to %d has rows that sum to 1", (from, to) => {
    const matrix = resizeMatrix(from, to);
    for (let row = 0; row < to; row++) {
      const weights = matrix.slice(row * from, (row + 1) * from);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
      expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
    }
  });
});

describe.each(engineNames)("antialiased resize on %s", (engine) => {
  let images: tf.Tensor4D;

  beforeAll(async () => {
    await startEngine(engine);
    images = tf.tensor4d(createRandom("images").normals(2 * 6 * 9 * 3), [2, 6, 9, 3]);
  });

  test("is the product with a matrix for the rows and one for the columns, written naively", () => {
    const [rows, columns] = [resizeMatrix(6, 4), resizeMatrix(9, 5)];
    const pixels = images.arraySync();
    const wanted = pixels.map((image) =>
      Array.from({ length: 4 }, (_, y) =>
        Array.from({ length: 5 }, (_, x) =>
          [0, 1, 2].map((channel) => {
            let sum = 0;
            for (let i = 0; i < 6; i++)
              for (let j = 0; j < 9; j++)
                sum +=
                  (rows[y * 6 + i] as number) * (columns[x * 9 + j] as number) * (image[i]?.[j]?.[channel] as number);
            return sum;
          }),
        ),
      ),
    );
    expect(antialiasedResize(images, [4, 5])).toBeAllclose(wanted, { absolute: 1e-5 });
  });
  test("agrees with tfjs' bilinear resize when enlarging", () => {
    const wanted = tf.image.resizeBilinear(images, [12, 18], false, true);
    expect(antialiasedResize(images, [12, 18])).toBeAllclose(wanted, { absolute: 1e-5 });
  });
  test("keeps one colour one colour", () => {
    expect(antialiasedResize(tf.fill([1, 11, 7, 3], 0.3), [4, 4])).toBeAllclose(tf.fill([1, 4, 4, 3], 0.3), {
      relative: 1e-6,
    });
  });
  test("has the gradient that finite differences give", () => {
    expect(gradientError((x) => antialiasedResize(x as tf.Tensor4D, [4, 12]), [images], { step: 0.5 })).toBeLessThan(
      1e-3,
    );
  });
  test.each<[number, number]>([
    [1, 1],
    [20, 2],
    [3, 31],
  ])("has a transpose for its gradient, to %i × %i", (height, width) => {
    const dy = tf.tensor4d(createRandom("dy").normals(2 * height * width * 3), [2, height, width, 3]);
    const resize = (x: tf.Tensor) => antialiasedResize(x as tf.Tensor4D, [height, width]);
    // ⟨resize(x), dy⟩ = ⟨x, gradient(dy)⟩, for a resize is linear.
    expect(resize(images).mul(dy).sum()).toBeAllclose(tf.grad(resize)(images, dy).mul(images).sum(), {
      relative: 1e-4,
      absolute: 1e-4,
    });
  });
  test("leaks no tensor in its gradient", () => {
    const loss = (x: tf.Tensor) => antialiasedResize(x as tf.Tensor4D, [3, 3]).sum();
    expect(() => tf.grad(loss)(images).dispose()).not.toLeak();
  });
  test("leaks no tensor", () => expect(() => antialiasedResize(images, [3, 3]).dispose()).not.toLeak());
});
