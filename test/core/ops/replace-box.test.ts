import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { replaceBox } from "../../../core/ops/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const normals = (shape: [number, number, number, number], seed: number) =>
  tf.tensor4d(createRandom(seed).normals(tf.util.sizeFromShape(shape)), shape);

describe.each(engineNames)("a box that is replaced, on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test.each([
    [0, 0, 5, 7],
    [0, 0, 1, 1],
    [4, 6, 1, 1],
    [1, 2, 3, 4],
    [2, 0, 2, 7],
    [0, 3, 5, 2],
  ])("at %d, %d, of %d×%d, holds the content; the rest stays", (top, left, rows, columns) => {
    const [images, content] = [normals([2, 5, 7, 3], 1), normals([2, rows, columns, 3], 2)];
    const expected = images.bufferSync();
    const inside = content.bufferSync();
    for (let image = 0; image < 2; image++)
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          for (let channel = 0; channel < 3; channel++)
            expected.set(inside.get(image, row, column, channel), image, row + top, column + left, channel);
    const before = images.clone();
    const replaced = replaceBox(images, content, { top, left });
    expect(replaced).toBeAllclose(expected.toTensor(), { relative: 0, absolute: 0 });
    expect(images).toBeAllclose(before, { relative: 0, absolute: 0 });
    expect(() => tf.tidy(() => void replaceBox(images, content, { top, left }))).not.toLeak();
  });
});
