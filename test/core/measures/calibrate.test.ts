/** Temperatures and thresholds, against closed forms and against every value there is. */
import { describe, expect, test } from "vitest";
import { calibrateScores, collectScores, countCoverage, createRandom, scoresOf } from "../../../core/index.js";
import { answerBy, fitRule } from "../../../core/measures/answering.js";
import { bestTemperature, fitTemperature, type LabelledScores } from "../../../core/measures/temperature.js";

const float = (...values: readonly number[]) => Float32Array.from(values);
const repeated = <T>(times: number, value: T): readonly T[] => Array.from({ length: times }, () => value);

/** So many images of one logit `margin` and `classes − 1` zeros; of the last `wrong` another class is the true one. */
function equallySure(images: number, wrong: number, margin: number, classes: number): LabelledScores {
  const rows = repeated(images, float(margin, ...repeated(classes - 1, 0)));
  return { rows, labels: rows.map((_, at) => (at < images - wrong ? 0 : 1)) };
}

/** Mean of −log softmax(z/T), as it is written down. */
function surprise({ rows, labels }: LabelledScores, temperature: number): number {
  const each = rows.map((row, image) => {
    const powers = [...row].map((logit) => Math.exp((logit - Math.max(...row)) / temperature));
    return -Math.log((powers[labels[image] as number] as number) / powers.reduce((a, b) => a + b));
  });
  return each.reduce((a, b) => a + b) / rows.length;
}

/** Logits that say twice what is known: classes are drawn by softmax(z / 2). */
function overconfident(images: number, seed: string): LabelledScores {
  const random = createRandom(seed);
  const normals = random.normals(images * 3);
  const rows = Array.from({ length: images }, (_, image) => normals.slice(image * 3, image * 3 + 3).map((z) => 4 * z));
  const labels = rows.map((row) => {
    const powers = [...row].map((logit) => Math.exp(logit / 2));
    const drawn = random.next() * powers.reduce((a, b) => a + b);
    const [first = 0, second = 0] = powers;
    return drawn < first ? 0 : drawn < first + second ? 1 : 2;
  });
  return { rows: rows.map((row) => Float32Array.from(row)), labels };
}

describe("a temperature", () => {
  test.each([
    [10, 3, 4, 2],
    [10, 1, 0.5, 2],
    [50, 12, 7, 5],
  ])(
    "of %i images, %i of them wrong, all of margin %f among %i classes, makes the model as sure as it is right",
    (images, wrong, margin, classes) => {
      // softmax gives p = e^(m/T) / (e^(m/T) + K − 1) to the answer, and the likelihood is greatest where p is the share that is right.
      const right = 1 - wrong / images;
      const expected = margin / Math.log((right * (classes - 1)) / (1 - right));
      expect(bestTemperature(equallySure(images, wrong, margin, classes))).toBeCloseTo(expected, 6);
    },
  );

  test("is the best of all there are, whatever the logits", () => {
    const grid = Array.from({ length: 241 }, (_, at) => 2 ** ((at - 120) / 20));
    for (let images = 5; images <= 40; images++) {
      const scores = overconfident(images, `best-${images}`);
      const least = Math.min(...grid.map((temperature) => surprise(scores, temperature)));
      expect(surprise(scores, bestTemperature(scores))).toBeLessThanOrEqual(least + 1e-9);
    }
  });

  test("comes near the true one, and is better on images that it was not fitted on", () => {
    const { temperature, helps, before, after } = fitTemperature(overconfident(3000, "true"));
    expect(temperature).toBeGreaterThan(1.85);
    expect(temperature).toBeLessThan(2.15);
    expect(helps).toBe(true);
    expect(after.surprise).toBeLessThan(before.surprise);
    expect(after.error).toBeLessThan(before.error / 3);
    const other = overconfident(3000, "other");
    expect(surprise(other, temperature)).toBeLessThan(surprise(other, 1));
  });

  test("stays 1 where another is no better on images that had no part in it", () => {
    // They are as sure as they are right, and each fifth of them is not quite.
    expect(fitTemperature(equallySure(300, 81, Math.log(219 / 81), 2))).toMatchObject({ temperature: 1, helps: false });
  });

  test("ends at its bounds where all are right, or none is, and shares count by their logarithms", () => {
    expect(bestTemperature(equallySure(10, 0, 3, 2))).toBe(1 / 64);
    expect(bestTemperature(equallySure(10, 10, 3, 2))).toBe(64);
    const scores = overconfident(40, "shares");
    const shares = scores.rows.map((row) => {
      const total = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
      return row.map((logit) => Math.exp(logit) / total);
    });
    expect(bestTemperature({ rows: shares, labels: scores.labels, gives: "shares" })).toBeCloseTo(
      bestTemperature(scores),
      4,
    );
    // Nobody voted for what it is: whatever the temperature, that cannot be.
    const votes = { rows: repeated(20, float(1, 0)), labels: repeated(20, 1), gives: "shares" } as const;
    expect(fitTemperature(votes)).toMatchObject({ temperature: 1, helps: false });
  });
});

/** Of each image the probability of class 0, which is answered where it is over half, and the true class; of two. */
function judged(images: readonly (readonly [sure: number, label: number])[]) {
  const probabilities = images.map(([sure]) => Float64Array.of(sure, 1 - sure));
  return { probabilities, answers: images.map(([sure]) => (sure >= 0.5 ? 0 : 1)), labels: images.map(([, at]) => at) };
}

describe("thresholds", () => {
  /** Twenty of class 0, wrong at the third and the last; twenty of class 1, all right. */
  const own = [
    ...Array.from({ length: 20 }, (_, at): [number, number] => [0.99 - at / 100, at === 2 || at === 19 ? 1 : 0]),
    ...Array.from({ length: 20 }, (_, at): [number, number] => [0.01 + at / 100, 1]),
  ];

  test("answer as much as the error rate allows, class by class, and lie between two images", () => {
    const { rule, pooled } = fitRule(judged(own), 2, 0.06);
    // One wrong of nineteen is 5.3 %, two of twenty 10 %: the last, 0.80, is left out. Of the other class all are right.
    expect(rule.thresholds[0]).toBeCloseTo((0.81 + 0.8) / 2, 12);
    expect(rule.thresholds[1]).toBe(0);
    expect(pooled).toBe(0);
    // Before the third image none is wrong, and afterwards always too many.
    expect(fitRule(judged(own), 2, 0.05).rule.thresholds[0]).toBeCloseTo((0.98 + 0.97) / 2, 12);
    // Exactly two of twenty.
    expect(fitRule(judged(own), 2, 0.1).rule.thresholds[0]).toBe(0);
  });

  test("are never reached by a class that is always wrong", () => {
    const images = repeated(40, 0).map((_, at): [number, number] => [0.9 - at / 100 / 2, 1]);
    const { rule } = fitRule(judged(images), 2, 0.05);
    expect(rule.thresholds[0]).toBeNull();
    expect(answerBy(rule, Float64Array.of(1, 0), 0, ["a", "b"])).toEqual({ kind: "unknown", probability: 1 });
  });

  test("are shared by classes that were answered seldom, alone where they are enough together, else with all", () => {
    const few = own.slice(0, 39);
    expect(fitRule(judged(few), 2, 0.06)).toMatchObject({ enough: 20, pooled: 1, isOfAll: true });
    // 39 answers of both classes: two wrong are 5.1 % of them.
    expect(fitRule(judged(few), 2, 0.06).rule.thresholds[1]).toBe(0);
    expect(fitRule(judged(own), 2, 0.01)).toMatchObject({ enough: 100, pooled: 2 });
    const third = own.slice(0, 39).map(([sure, label]) => ({ sure, label }));
    const probabilities = third.map(({ sure }, at) =>
      at < 19 ? Float64Array.of(sure, 1 - sure, 0) : Float64Array.of(0, 1 - sure, sure),
    );
    const answers = third.map((_, at) => (at < 19 ? 0 : 1));
    expect(fitRule({ probabilities, answers, labels: third.map(({ label }) => label) }, 3, 0.06).pooled).toBe(2);
  });

  test("treat images of the same probability alike", () => {
    const images = Array.from({ length: 40 }, (_, at): [number, number] => [at < 20 ? 0.9 : 0.8, at === 25 ? 1 : 0]);
    // One wrong among twenty that are equally sure: of all forty it is 2.5 %.
    expect(fitRule(judged(images), 2, 0.025).rule.thresholds[0]).toBe(0);
    expect(fitRule(judged(images), 2, 0.024).rule.thresholds[0]).toBeCloseTo(0.85, 12);
  });
});

describe("a model that is not sure of the class", () => {
  const classes = ["vine tomato", "plum tomato", "lemon", "lime"];
  const ranks = { kind: ["tomato", "tomato", "citrus", "citrus"], all: ["food", "food", "food", "food"] };
  const row = (...shares: readonly number[]) => Float64Array.from(shares);

  test("says the group whose probabilities add up to enough, or that it does not know", () => {
    const rule = {
      thresholds: [0.9, 0.9, 0.6, null],
      ranks: [{ rank: "kind", groups: ranks.kind, threshold: 0.8 }],
    };
    const says = (probabilities: Float64Array, answer: number) => answerBy(rule, probabilities, answer, classes);
    expect(says(row(0.92, 0.05, 0.02, 0.01), 0)).toEqual({ kind: "class", label: "vine tomato", probability: 0.92 });
    expect(says(row(0.5, 0.375, 0.1, 0.025), 0)).toEqual({
      kind: "rank",
      rank: "kind",
      label: "tomato",
      probability: 0.875,
    });
    // The likeliest group need not hold the likeliest class.
    expect(says(row(0.45, 0, 0.275, 0.275), 0)).toEqual({ kind: "unknown", probability: 0.45 });
    const lower = { ...rule, ranks: [{ rank: "kind", groups: ranks.kind, threshold: 0.5 }] };
    expect(answerBy(lower, row(0.45, 0, 0.275, 0.275), 0, classes)).toMatchObject({
      label: "citrus",
      probability: 0.55,
    });
    expect(says(row(0, 0, 0.05, 0.95), 3)).toMatchObject({ kind: "rank", label: "citrus" });
  });

  test("learns from the images that are left over when it may say a group, and of a single group it learns nothing", () => {
    // Forty tomatoes: the kind is always right, the class in every other of the last twenty.
    const images = Array.from({ length: 40 }, (_, at) => ({
      probabilities: at < 20 ? row(0.95, 0.03, 0.01, 0.01) : row(0.6 - at / 1000, 0.35 + at / 1000, 0.03, 0.02),
      label: at < 20 ? 0 : at % 2,
    }));
    const scores = {
      probabilities: images.map(({ probabilities }) => probabilities),
      answers: images.map(() => 0),
      labels: images.map(({ label }) => label),
    };
    const { rule } = fitRule(scores, 4, 0.02, ranks);
    // The first of the others, 0.58, is right by chance; the next is not.
    expect(rule.thresholds[0]).toBeCloseTo((0.58 + 0.579) / 2, 12);
    expect(rule.ranks).toEqual([{ rank: "kind", groups: ranks.kind, threshold: 0 }]);
    const coverage = countCoverage(rule, classes);
    for (const { probabilities, label } of images) coverage.add(probabilities, 0, label);
    expect(coverage.result()).toMatchObject({
      images: 40,
      classes: { images: 21, right: 21 },
      ranks: [{ rank: "kind", images: 19, right: 19 }],
      answered: { images: 40, right: 40 },
    });
  });
});

test("temperature, thresholds and what they come to are fitted together, on scores as a pass brings them", () => {
  const { rows, labels } = overconfident(400, "together");
  const scores = collectScores();
  for (let from = 0; from < 400; from += 100) {
    const flat = Float32Array.from(rows.slice(from, from + 100).flatMap((row) => [...row]));
    scores.add(scoresOf(flat, Int32Array.from(labels.slice(from, from + 100)), []));
  }
  const { temperature, answers, coverage } = calibrateScores(scores, { classes: ["a", "b", "c"], error: 0.1 });
  expect(temperature.temperature).toBeCloseTo(bestTemperature({ rows, labels }), 12);
  expect(answers.pooled).toBe(0);
  const { classes, answered } = coverage;
  expect(classes.right).toBeGreaterThanOrEqual(0.9 * classes.images);
  expect(answered.images).toBeGreaterThan(100);
  // Without thresholds it would be wrong more often than that.
  const right = rows.filter((row, image) => row.indexOf(Math.max(...row)) === labels[image]).length;
  expect(right).toBeLessThan(0.85 * 400);
});
