import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { channelWeights } from "../../../core/ops/index.js";
import { mixingBox } from "../../../plugins/augmenters/mixing-box.js";
import { evidenceMap, semanticPercentMap, semanticShares } from "../../../plugins/augmenters/semantic-percent-map.js";
import { box, difference, goldenSnapmix, oneHot } from "./golden.js";
import { expectGoldenMap } from "./golden-mixture.js";

const numbers = (tensor: tf.Tensor | undefined) => [...(tensor?.dataSync() ?? [])];

describe("semantic percent map", () => {
  test.each(goldenSnapmix)("equals golden case %#", expectGoldenMap);

  test("sums to 1 and has a zero", () => {
    const map = semanticPercentMap(tf.randomNormal([2, 4, 4], 0, 1, "float32", 1), [30, 40]);
    numbers(map.sum([1, 2])).forEach((sum) => {
      expect(sum).toBeCloseTo(1, 5);
    });
    expect(numbers(map.min([1, 2]))).toEqual([0, 0]);
  });

  test("says nothing, NaN, of a constant map", () => {
    expect(numbers(semanticPercentMap(tf.fill([1, 2, 2], 3), [4, 4])).every(Number.isNaN)).toBe(true);
  });
});

describe("semantic shares", () => {
  test("give the specification's numbers", () => {
    const own = tf.tensor3d([[0, 1, 2, 3].map((row) => [0, 1, 2, 3].map((column) => 4 * row + column))]);
    const partner = tf.tensor3d([
      [
        [-1, -1, -1, -1],
        [-1, 2, 0, -1],
        [-1, 1, 3, -1],
        [-1, -1, -1, -1],
      ],
    ]);
    expect(numbers(semanticShares(own, [4, 4], [box([1, 1, 3, 3])]).shares[0])[0]).toBeCloseTo(0.25, 7);
    expect(numbers(semanticShares(partner, [4, 4], [box([0, 0, 2, 2])]).shares[0])[0]).toBeCloseTo(0.3, 7);
  });

  test.each([
    [4, 4, 16, 16],
    [14, 14, 448, 448],
    [3, 5, 97, 41],
    [7, 7, 7, 7],
    [1, 1, 8, 8],
    [8, 8, 5, 3],
  ])("are the sums of the map itself: %d×%d evidence, %d×%d image", (rows, columns, height, width) => {
    const random = createRandom(`${rows}×${columns}`);
    const evidence = tf.tensor3d(
      Float32Array.from({ length: 3 * rows * columns }, () => random.next() - 0.5),
      [3, rows, columns],
    );
    const boxes = Array.from({ length: 6 }, () =>
      mixingBox([height, width], random.beta(1, 1), [random.integer(height), random.integer(width)]),
    );
    const map = semanticPercentMap(evidence, [height, width]);
    const { shares, constant } = semanticShares(evidence, [height, width], boxes);
    boxes.forEach(({ top, left, bottom, right }, index) => {
      const expected = map.slice([0, top, left], [-1, bottom - top, right - left]).sum([1, 2]);
      if (rows > 1) expect(difference(shares[index] as tf.Tensor, expected.arraySync())).toBeLessThan(2e-5);
    });
    expect(numbers(constant)).toEqual(Array(3).fill(rows > 1 ? 0 : 1));
  });

  test("mark a constant map, and give it no share", () => {
    const evidence = tf.tensor3d([
      [
        [0.1, 0.1],
        [0.1, 0.1],
      ],
      [
        [0, 1],
        [2, 3],
      ],
    ]);
    const { shares, constant } = semanticShares(evidence, [8, 8], [box([0, 0, 8, 8])]);
    expect(numbers(shares[0])).toEqual([0, 1]);
    expect(numbers(constant)).toEqual([1, 0]);
  });

  test("keep their digits when the evidence is far from zero", () => {
    const base = tf.tensor3d([
      [
        [0, 1, 5],
        [2, 3, 0.5],
        [1, 1, 2],
      ],
    ]);
    const shares = (evidence: tf.Tensor3D) =>
      numbers(semanticShares(evidence, [448, 448], [box([10, 20, 300, 200])]).shares[0])[0];
    expect(shares(base.add(1024))).toBeCloseTo(shares(base) as number, 6);
  });

  test("leak no tensor", () => {
    const evidence = tf.randomNormal<tf.Rank.R3>([2, 4, 4]);
    const before = tf.memory().numTensors;
    const { shares, constant } = semanticShares(evidence, [8, 8], [box([0, 0, 3, 3]), box([1, 1, 2, 2])]);
    tf.dispose([...shares, constant]);
    semanticPercentMap(evidence, [8, 8]).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("channel weights", () => {
  const sources = {
    labels: oneHot([1, 0], 2),
    classifier: tf.tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    gate: tf.tensor2d([
      [0.5, 0.25, 1],
      [1, 0, 0.5],
    ]),
  };

  test.each([
    ["classifier", [2, 4, 6, 1, 3, 5]],
    ["se-classifier", [1, 1, 6, 1, 0, 2.5]],
    ["se-only", [0.5, 0.25, 1, 1, 0, 0.5]],
  ] as const)("of %s are what the name says", (mode, expected) => {
    expect(numbers(channelWeights(mode, sources))).toEqual(expected);
  });

  test("of a classifier behind a norm count what that does to each channel", () => {
    const pooledScale = tf.tensor2d([1, 2, 3, 0, 1, -1], [2, 3]);
    const [plain, scaled] = [
      channelWeights("classifier", sources),
      channelWeights("classifier", { ...sources, pooledScale }),
    ];
    expect(numbers(scaled)).toEqual(numbers(plain.mul(pooledScale)));
  });

  test("ask for the part that is missing", () => {
    expect(() => channelWeights("se-only", {})).toThrow("needs a gate");
    expect(() => channelWeights("classifier", { labels: sources.labels })).toThrow("needs labels and a classifier");
  });

  test("leak no tensor, nor do evidence maps", () => {
    const features = tf.ones<tf.Rank.R4>([2, 4, 4, 3]);
    const before = tf.memory().numTensors;
    const weights = channelWeights("se-classifier", sources);
    evidenceMap(features, weights).dispose();
    weights.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
