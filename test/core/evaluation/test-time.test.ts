import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Batch, defaults, evaluate, need, type Pass, type Source, testViews } from "../../../core/index.js";
import { startEngine } from "../../support/engines.js";

beforeAll(() => startEngine("cpu"));

const input = { ...defaults.input, resize: 5, crop: 2 };

/** One picture of one channel; a model answers with two logits that are its first and its last pixel. */
const picture = (rows: number[][]) => tf.tensor4d([rows.map((row) => row.map((value) => [value]))]);
const corners = (batch: Batch) => {
  const flat = need(batch, "images", "test").reshape<tf.Tensor2D>([1, -1]);
  return tf.concat([flat.slice([0, 0], [1, 1]), flat.slice([0, (flat.shape[1] as number) - 1], [1, 1])], 1);
};

const share = (one: number, other: number) => 1 / (1 + Math.exp(other - one));

/** The probabilities of which the answer is the logarithm. */
function answered(testTime: Parameters<typeof testViews>[0], images: tf.Tensor4D, predict = corners): number[] {
  const logits = tf.tidy(() => testViews(testTime, input, "test").answer(predict)({ images }));
  return [...logits.exp().dataSync()];
}

describe("test-time augmentation", () => {
  test("that is not asked for leaves the model and its pictures as they are", () => {
    const { input: seen, answer } = testViews(null, input, "test");
    expect(seen).toBe(input);
    expect(answer(corners)).toBe(corners);
  });

  test("by flip is the mean probability of a picture and of its mirror image", () => {
    const images = picture([
      [1, 2],
      [0, 4],
    ]);
    // As it is: 1 and 4. Mirrored: 2 and 0.
    const first = (share(1, 4) + share(2, 0)) / 2;
    const [one, other] = answered("flip", images);
    expect(one).toBeCloseTo(first, 6);
    expect(other).toBeCloseTo(1 - first, 6);
  });

  test("averages probabilities, so that one view that exaggerates does not decide", () => {
    const images = picture([
      [0, 50],
      [2, 0],
    ]);
    // As it is: 0 and 0. Mirrored: 50 and 2, of which more than certain is nothing.
    expect(answered("flip", images)[0]).toBeCloseTo((0.5 + 1) / 2, 6);
  });

  test("by ten crops looks at four corners, the middle, and the mirror images of these, each once", () => {
    const rows = Array.from({ length: 5 }, (_, y) => Array.from({ length: 5 }, (_, x) => 10 * y + x));
    const seen: number[][] = [];
    const watching = (batch: Batch) => {
      seen.push([...need(batch, "images", "test").dataSync()]);
      return corners(batch);
    };
    answered("ten-crops", picture(rows), watching);
    // Three pixels are left over: half of them is 1.5, which becomes 2.
    expect(seen).toEqual([
      [0, 1, 10, 11],
      [1, 0, 11, 10],
      [3, 4, 13, 14],
      [4, 3, 14, 13],
      [30, 31, 40, 41],
      [31, 30, 41, 40],
      [33, 34, 43, 44],
      [34, 33, 44, 43],
      [22, 23, 32, 33],
      [23, 22, 33, 32],
    ]);
  });

  test.each([
    [4, 1],
    [3, 0],
    [7, 2],
    [9, 4],
  ])("puts the middle one of %i pixels where torchvision does", (length, first) => {
    const seen: number[] = [];
    const watching = (batch: Batch) => {
      seen.push(need(batch, "images", "test").dataSync()[0] as number);
      return corners(batch);
    };
    const rows = Array.from({ length }, () => Array.from({ length }, (_, x) => x));
    tf.tidy(() =>
      testViews("ten-crops", { ...input, resize: length }, "test").answer(watching)({ images: picture(rows) }),
    );
    expect(seen[8]).toBe(first);
  });

  test("by ten crops averages over all ten", () => {
    const rows = Array.from({ length: 5 }, (_, y) => Array.from({ length: 5 }, (_, x) => (y === 4 && x === 4 ? 3 : 0)));
    // Only the lower right corner shows the bright pixel: as the last one, and mirrored in the middle.
    expect(answered("ten-crops", picture(rows))[0]).toBeCloseTo((9 * 0.5 + share(0, 3)) / 10, 6);
  });

  test("asks for pictures of all that was resized, and for nothing else", () => {
    expect(testViews("ten-crops", input, "test").input).toEqual({ ...input, crop: 5 });
    expect(testViews("flip", input, "test").input).toBe(input);
  });

  test("refuses ten crops of pictures that are no larger than one", () => {
    expect(() => testViews("ten-crops", { ...input, resize: 2 }, 'stage "student"')).toThrow(
      'FGKD_INVALID_CONFIG stage "student": evaluation.testTime is "ten-crops", but pictures are no larger than a crop (input.resize 2, input.crop 2). Raise input.resize, or take flip.',
    );
  });

  test("says what the plain model says where all views are alike, and leaves no tensor behind", async () => {
    const passes: Pass[] = [];
    const source: Source = {
      classes: ["dark", "light"],
      fingerprint: "",
      count: () => 2,
      batchCount: () => 2,
      async *batches(pass) {
        passes.push(pass);
        for (const value of [-1, 1]) yield { images: tf.fill([1, 5, 5, 1], value), labels: tf.tensor2d([[0, 1]]) };
      },
      close: async () => {},
    };
    const light = (batch: Batch) => {
      const value = need(batch, "images", "test").mean().reshape<tf.Tensor2D>([1, 1]);
      return tf.concat([value.neg(), value], 1);
    };
    const before = tf.memory().numTensors;
    for (const testTime of ["flip", "ten-crops"] as const) {
      const views = testViews(testTime, input, "test");
      const { accuracy } = await evaluate(views.answer(light), source, { batchSize: 1, input: views.input });
      expect(accuracy).toBe(50);
    }
    expect(passes.map((pass) => pass.input.crop)).toEqual([2, 5]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
