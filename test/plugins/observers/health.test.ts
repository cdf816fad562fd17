import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { batchNormStatisticsLoss } from "../../../plugins/losses/batch-norm-statistics.js";
import { imageGrid } from "../../../plugins/observers/health/image-grid.js";
import { problemsOf } from "../../../plugins/observers/health/problems.js";
import {
  agreementOf,
  classStatistics,
  expectedClasses,
  imageStatistics,
  layerDistances,
} from "../../../plugins/observers/health/statistics.js";
import { encodePng } from "../../../plugins/pictures/index.js";
import "../../support/matchers.js";

beforeAll(() => tf.setBackend("cpu"));

/** The first choice in each row of logits. */
const choices = (logits: number[][]) => tf.tidy(() => tf.tensor2d(logits).argMax(-1).dataSync().slice());

describe("the classes that a teacher sees", () => {
  test("are counted by its first choice", () => {
    const labels = choices([
      [3, 1, 0],
      [0.2, 0.1, 0],
      [-5, -1, -2],
      [9, 0, 8],
    ]);
    expect(classStatistics(labels, 3)).toMatchObject({ counts: [3, 1, 0], seen: 2, largest: 0, largestShare: 75 });
  });

  test("have an entropy of 1 when all come up alike, 0 when there is one, and its definition in between", () => {
    expect(classStatistics([0, 1, 2, 3], 4).entropy).toBeCloseTo(1, 12);
    expect(classStatistics([2, 2, 2], 4).entropy).toBe(0);
    const entropy = -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)) / Math.log(3);
    expect(classStatistics([0, 0, 0, 1], 3).entropy).toBeCloseTo(entropy, 12);
  });

  test("of a fair generator are nearly all with many images, and no more than the images with few", () => {
    expect(expectedClasses(10, 32)).toBeCloseTo(9.66, 2);
    expect(expectedClasses(200, 64)).toBeCloseTo(54.9, 1);
    expect(expectedClasses(200, 1)).toBeCloseTo(1, 12);
  });

  test("agree with the student's where both choose the same", () => {
    expect(agreementOf([1, 2, 3, 3], [1, 2, 0, 3])).toBe(75);
  });
});

describe("collapse", () => {
  const fine = { meanAbsolute: 0.4, saturated: 2, spread: 40 };
  const names = (count: number) => Array.from({ length: count }, (_, label) => `bird ${label}`);
  /** What is said of so many images by class. */
  const told = (counts: readonly number[], images = fine) =>
    problemsOf(
      classStatistics(
        counts.flatMap((count, label) => Array<number>(count).fill(label)),
        counts.length,
      ),
      images,
      names(counts.length),
      "stages.generator.options",
    );

  test("is seen when one class has most of the images, and named", () => {
    const [problem, ...others] = told([2, 18, 2, 2, 2, 2, 1, 1, 1, 1]);
    expect(problem?.words).toContain('takes 18 of 32 generated images for "bird 1", one of 10 classes');
    expect(others).toEqual([]);
  });

  test("is seen when few classes come up, with the share of each", () => {
    const [problem] = told([10, 12, 0, 10, 0, 0, 0, 0, 0, 0]);
    expect(problem?.words).toContain(
      "in 32 generated images the teacher sees 3 of 10 classes (bird 1 38 %, bird 0 31 %, bird 3 31 %), where a fair generator would show 10",
    );
  });

  test("is not seen in a fair batch, of few classes or of more than there are images", () => {
    expect(told([3, 4, 2, 5, 3, 1, 4, 3, 4, 3])).toEqual([]);
    expect(told([20, 12])).toEqual([]);
    // Forty of 200 classes, in 64 images.
    expect(told(Array.from({ length: 200 }, (_, label) => (label < 24 ? 2 : label < 40 ? 1 : 0)))).toEqual([]);
  });

  test("is seen where 64 images show a dozen of 200 classes", () => {
    const [problem] = told(Array.from({ length: 200 }, (_, label) => (label < 4 ? 6 : label < 12 ? 5 : 0)));
    expect(problem?.words).toContain("sees 12 of 200 classes");
    expect(problem?.words).toContain("would show 55");
  });

  test("is not spoken of where so few images say nothing", () => {
    expect(told([0, 4, 0])).toEqual([]);
  });

  test("of two classes takes three quarters in one of them", () => {
    expect(told([24, 8])).toEqual([]);
    expect(told([25, 7])).toHaveLength(1);
  });

  test("of the images themselves is told apart from that of classes", () => {
    const fair = [3, 4, 2, 5, 3, 1, 4, 3, 4, 3];
    expect(told(fair, { ...fine, spread: 4.9 }).map(({ kind }) => kind)).toEqual(["alike"]);
    expect(told(fair, { ...fine, saturated: 51 }).map(({ kind }) => kind)).toEqual(["saturated"]);
    expect(told(fair, { ...fine, spread: 5.1, saturated: 49 })).toEqual([]);
  });
});

describe("statistics of images", () => {
  test("are the mean size of the tanh, the share at its bounds, and how images differ", () => {
    const bounded = tf.tensor4d([1, -1, 0.5, 0, -1, -1, 0.5, 1], [2, 2, 2, 1]);
    const pixels = bounded.add(1).div<tf.Tensor4D>(2);
    const [meanAbsolute, saturated, spread] = imageStatistics(pixels, bounded).dataSync();
    expect(meanAbsolute).toBeCloseTo(6 / 8, 6);
    expect(saturated).toBeCloseTo(62.5, 5);
    // Pixels differ by 2, 0, 0, 1 of the tanh; half of that is the deviation, and half again in pixels.
    expect(spread).toBeCloseTo((255 * 0.75) / 4, 3);
  });

  test("take a colour for saturated that an eight-bit picture holds as 0 or 255", () => {
    const levels = [0.4, 0.6, 254.4, 254.6].map((level) => (level / 255) * 2 - 1);
    const bounded = tf.tensor4d(levels, [1, 2, 2, 1]);
    expect(imageStatistics(bounded, bounded).dataSync()[1]).toBe(50);
  });

  test("by layer add up to the loss that the generator is taught by", () => {
    const layer = (seed: number) => ({
      input: tf.randomNormal<tf.Rank.R4>([3, 2, 2, 4], 1, 2, "float32", seed),
      mean: tf.tensor1d([0, 1, 2, 3]),
      variance: tf.tensor1d([1, 2, 1, 2]),
    });
    const inputs = [layer(1), layer(2)];
    expect(layerDistances(inputs).sum()).toBeAllclose(batchNormStatisticsLoss(inputs), { relative: 1e-5 });
  });
});

describe("the grid of images", () => {
  test("enlarges by squares of equal pixels, rounds to the nearest level, and leaves white between", async () => {
    // A picture of two colours, black above and a mixed one below; then a grey one.
    const one = [0, 0, 0, 0, 0, 0, 0.2, 0.501, 1, 0.2, 0.501, 1];
    const { width, height, data } = imageGrid([...one, ...one.map(() => 0.5)], [2, 2, 2]);
    expect([width, height]).toEqual([4 + 2 * 100, 4 + 100]);
    const decoded = await sharp(await encodePng({ width, height, data }))
      .raw()
      .toBuffer();
    expect(Buffer.from(data).equals(decoded)).toBe(true);
    const at = (x: number, y: number) => [...decoded.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
    expect([at(4, 4), at(99, 51)]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect([at(4, 52), at(99, 99)]).toEqual([
      [51, 128, 255],
      [51, 128, 255],
    ]);
    expect([at(100, 50), at(103, 50)]).toEqual([
      [255, 255, 255],
      [255, 255, 255],
    ]);
    expect(at(104, 4)).toEqual([128, 128, 128]);
  });

  test("shows large images as they are", () => {
    const { width, height } = imageGrid(new Float32Array(9 * 112 * 112 * 3), [9, 112, 112]);
    expect([width, height]).toEqual([4 + 8 * 116, 4 + 2 * 116]);
  });
});
