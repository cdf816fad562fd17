import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  agreementOf,
  bestOf,
  comparePaired,
  createReliability,
  holm,
  mcnemarExact,
  measureAnswers,
  rankOf,
  scoresOf,
  wilsonInterval,
} from "../../../core/index.js";
import { countConfusion } from "../../../core/measures/confusion.js";
import { pairedInterval } from "../../../core/measures/paired.js";

const near = (values: readonly number[], expected: readonly number[], digits = 6) =>
  values.forEach((value, at) => {
    expect(value).toBeCloseTo(expected[at] as number, digits);
  });

describe("the interval of a share", () => {
  test("is Wilson's, worked out by hand for 8 of 10, 3 of 6 and none of 10", () => {
    // p = 0.8, z² = 3.8415: (0.99207 ∓ 0.31362) / 1.38415, and so on.
    near(wilsonInterval(8, 10), [49.016, 94.332], 3);
    near(wilsonInterval(3, 6), [18.7616, 81.2384], 3);
    near(wilsonInterval(0, 10), [0, 27.7533], 3);
    near(wilsonInterval(10, 10), [72.2467, 100], 3);
  });

  test("says nothing of no image, stays within 0 and 100, and narrows with more images", () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 100]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (images, share) => {
        const right = Math.round(share * images);
        const [low, high] = wilsonInterval(right, images);
        const [lower, higher] = wilsonInterval(4 * right, 4 * images);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(100);
        expect(low).toBeLessThanOrEqual((100 * right) / images + 1e-9);
        expect(high).toBeGreaterThanOrEqual((100 * right) / images - 1e-9);
        expect(higher - lower).toBeLessThan(high - low);
      }),
    );
  });
});

describe("two models on the same images", () => {
  test("are compared by McNemar's exact test, worked out by hand", () => {
    near([mcnemarExact(1, 5), mcnemarExact(6, 0)], [(2 * (1 + 6)) / 64, 2 / 64], 12);
    expect([mcnemarExact(3, 3), mcnemarExact(0, 0)]).toEqual([1, 1]);
  });

  test("are compared exactly where factorials have left the range of numbers", () => {
    for (const [least, total] of [
      [40, 100],
      [950, 2000],
      [4000, 8300],
    ] as const) {
      let [term, tail] = [1n, 1n];
      for (let i = 1n; i <= BigInt(least); i++) {
        term = (term * (BigInt(total) - i + 1n)) / i;
        tail += term;
      }
      // The tail over 2^total, to sixty binary digits.
      const exact = Number((2n * tail * 2n ** 60n) / 2n ** BigInt(total)) / 2 ** 60;
      expect(mcnemarExact(least, total - least) / exact).toBeCloseTo(1, 9);
    }
  });

  test("have an interval of their difference, Newcombe's method 10", () => {
    // By hand where nothing is right twice or wrong twice: 100 − √(27.7533² + 27.7533²), and no more than 100.
    near(pairedInterval({ both: 0, onlyFirst: 0, onlySecond: 10, neither: 0 }), [60.7509, 100], 3);
    // By another program, from the formulas: correlated for and against, and too weakly to count.
    const counts = [
      [30, 5, 15, 50],
      [5, 20, 30, 5],
      [10, 15, 5, 20],
      [36, 12, 2, 0],
    ] as const;
    const bounds = counts.map(([both, onlyFirst, onlySecond, neither]) =>
      pairedInterval({ both, onlyFirst, onlySecond, neither }),
    );
    near(bounds.flat(), [1.22161, 18.49178, -6.28142, 37.78902, -35.69366, -2.58384, -34.04276, -5.69296], 4);
    expect(pairedInterval({ both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 })).toEqual([-100, 100]);
  });

  test("are counted by which of them is right", () => {
    const found = comparePaired({ labels: [0, 1, 2, 0, 1], first: [0, 1, 2, 1, 0], second: [0, 1, 0, 0, 2] });
    expect(found).toMatchObject({ images: 5, both: 2, onlyFirst: 1, onlySecond: 1, neither: 1, difference: 0, p: 1 });
    const better = comparePaired({ labels: [0, 0, 0, 0], first: [1, 1, 1, 0], second: [0, 0, 0, 0] });
    expect(better).toMatchObject({ onlyFirst: 0, onlySecond: 3, difference: 75 });
    expect(better.p).toBeCloseTo(0.25, 12);
    expect(better.interval[0]).toBeGreaterThan(0);
  });

  test("among several are tested by Holm's rule: the least p counts the most often, and order stays", () => {
    near(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06], 12);
    near(holm([0.5, 0.9]), [1, 1], 12);
    expect(holm([0.02])).toEqual([0.02]);
    expect(holm([])).toEqual([]);
  });

  test("agree where they say the same, right or wrong", () => {
    expect(agreementOf([0, 1, 2, 2], [0, 1, 1, 2])).toMatchObject({ right: 3, images: 4, accuracy: 75 });
  });
});

describe("reliability", () => {
  test("sets the confidence of each bin beside its accuracy: Guo et al., by hand", () => {
    const bins = createReliability(4);
    for (const [confidence, isRight] of [
      [0.3, true],
      [0.5, false],
      [0.6, true],
      [0.7, false],
      [0.9, true],
    ] as const)
      bins.add(confidence, isRight);
    const { error, confidence, bins: found } = bins.result();
    // (0.25, 0.5]: 1 of 2 right, 0.4 sure; (0.5, 0.75]: 1 of 2, 0.65; (0.75, 1]: 1 of 1, 0.9.
    expect(error).toBeCloseTo(100 * ((2 / 5) * 0.1 + (2 / 5) * 0.15 + (1 / 5) * 0.1), 10);
    expect(confidence).toBeCloseTo(60, 10);
    expect(found.map(({ from, to, images }) => [from, to, images])).toEqual([
      [0, 0.25, 0],
      [0.25, 0.5, 2],
      [0.5, 0.75, 2],
      [0.75, 1, 1],
    ]);
    near(
      found.slice(1).flatMap((bin) => [bin.accuracy, bin.confidence]),
      [50, 40, 50, 65, 100, 90],
      10,
    );
    expect(found[0]?.accuracy).toBeNaN();
  });
});

describe("the ranking of classes", () => {
  const scores = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 12 });

  test("gives the best in order, of equals the earlier class, as a sort does", () => {
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 6 }), (values, count) => {
        const sorted = [...values.keys()].sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
        expect(bestOf(values, count)).toEqual(sorted.slice(0, count));
        sorted.forEach((label, rank) => {
          expect(rankOf(label, values)).toBe(rank);
        });
      }),
    );
  });

  test("leaves out what is not a number", () => {
    expect(bestOf([Number.NaN, 1, 3, Number.NaN, 2], 5)).toEqual([2, 4, 1]);
    expect(rankOf(0, [Number.NaN, 1])).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("what a model answered", () => {
  const classes = ["a", "b", "c", "d", "e", "f"];
  /** The true class, the answer, and how sure it is; the true class comes next, the others share the rest. */
  const images = [
    [0, 0, 0.9],
    [0, 1, 0.4],
    [0, 1, 0.4],
    [1, 1, 0.6],
    [1, 2, 0.8],
    [2, 2, 0.7],
    [4, 2, 0.7],
  ] as const;

  function measured() {
    const answers = measureAnswers({ classes, ranks: { kind: ["x", "x", "y", "y", "y", "z"] } });
    for (const [label, answer, sure] of images) {
      const logits = classes.map((_, at) => Math.log(at === answer ? sure : (1 - sure) * (at === label ? 0.5 : 0.1)));
      const total = logits.reduce((sum, value) => sum + Math.exp(value), 0);
      answers.add(
        scoresOf(
          Float32Array.from(logits, (value) => value - Math.log(total)),
          Int32Array.of(label),
          [0],
        ),
      );
    }
    return { ...answers, ...answers.result() };
  }

  test("gives shares of a whole where scores are no logits, such as votes", () => {
    const scores = Float32Array.of(3, 1, 0, 0, 2, 2);
    const answers = (gives?: "shares") => [...scoresOf(scores, Int32Array.of(0, 1), [0, 1], gives).probabilities];
    expect(answers("shares")).toEqual([0.75, 0.25, 0, 0, 0.5, 0.5]);
    expect(answers()[0]).toBeCloseTo(Math.exp(3) / (Math.exp(3) + Math.E + 1), 12);
  });

  test("is counted over all images, over classes, and by ranks above them", () => {
    const { images: total, top1, top5, macroAccuracy, ranks, labels, answers } = measured();
    expect([total, labels, answers]).toEqual([7, images.map(([label]) => label), images.map(([, answer]) => answer)]);
    expect(top1).toMatchObject({ right: 3, images: 7 });
    expect(top1.interval).toEqual(wilsonInterval(3, 7));
    expect(top5).toMatchObject({ right: 7 });
    // a 1 of 3, b 1 of 2, c 1 of 1, e 0 of 1; d and f have no image.
    expect(macroAccuracy).toBeCloseTo((100 * (1 / 3 + 1 / 2 + 1 + 0)) / 4, 10);
    // a → b stays among x, e → c among y, b → c does not.
    expect(ranks).toMatchObject([{ rank: "kind", groups: 3, right: 6, images: 7 }]);
  });

  test("is told class by class, with what each was mostly taken for", () => {
    const { perClass } = measured();
    expect(
      perClass.map(({ name, images, right, answered, mostly }) => [name, images, right, answered, mostly]),
    ).toEqual([
      ["a", 3, 1, 1, "b"],
      ["b", 2, 1, 3, "c"],
      ["c", 1, 1, 3, null],
      ["d", 0, 0, 0, null],
      ["e", 1, 0, 0, "c"],
      ["f", 0, 0, 0, null],
    ]);
  });

  test("names the wrong answer that is given most often, of equals the earlier class", () => {
    const counts = countConfusion(["a", "b", "c", "d"]);
    for (const answer of [0, 2, 1, 2, 3]) counts.add(0, answer);
    for (const answer of [3, 0]) counts.add(1, answer);
    expect(counts.result().perClass.map(({ mostly }) => mostly)).toEqual(["c", "a", null, null]);
  });

  test("is told pair by pair: most images first, then the largest share of a class", () => {
    const { pairs, confusion } = measured();
    expect(pairs.map(({ label, answer, images }) => [label, answer, images])).toEqual([
      ["a", "b", 2],
      ["e", "c", 1],
      ["b", "c", 1],
    ]);
    near(
      pairs.map(({ share }) => share),
      [200 / 3, 100, 50],
      10,
    );
    expect(confusion).toEqual([
      [0, 0, 1],
      [0, 1, 2],
      [1, 1, 1],
      [1, 2, 1],
      [2, 2, 1],
      [4, 2, 1],
    ]);
  });

  test("has no top-5 accuracy where every answer would count", () => {
    const few = measureAnswers({ classes: classes.slice(0, 5) });
    expect(few.result().top5).toBeNull();
  });

  test("keeps as many cells as there were mistakes, however many classes there are", () => {
    const counts = countConfusion(Array.from({ length: 20_000 }, (_, at) => `class ${at}`));
    for (let image = 0; image < 50; image++) counts.add(19_999, image % 5);
    expect(counts.result().cells).toEqual([0, 1, 2, 3, 4].map((answer) => [19_999, answer, 10]));
  });
});
