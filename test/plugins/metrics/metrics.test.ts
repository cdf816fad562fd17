import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseMetrics, createTraining, definePlugin, scoresOf } from "../../../core/index.js";
import { metrics } from "../../../plugins/metrics/index.js";

declare module "../../../core/index.js" {
  interface Metrics {
    readonly "error-rate": { readonly of?: number };
    readonly "second-accuracy": {};
    readonly wordy: {};
    readonly stumbling: {};
  }
}

/** A stranger's, as one file would hold it. */
const errorRate = definePlugin({
  name: "error-rate",
  defaults: {},
  register({ metrics }) {
    metrics.register("error-rate", {
      defaults: { of: 1 },
      create: ({ of }) => ({
        begin: () => {
          let [wrong, total] = [0, 0];
          return {
            add: ({ labels, predictions, indices }) =>
              labels.forEach((label, row) => {
                if ((indices[row] as number) % of !== 0) return;
                total += 1;
                if (predictions[row] !== label) wrong += 1;
              }),
            result: () => ({ errorRate: wrong / total }),
          };
        },
      }),
    });
    const broken = (numbers: unknown) => ({ defaults: {}, create: () => made(() => numbers) });
    metrics.register("second-accuracy", broken({ accuracy: 1 }) as never);
    metrics.register("wordy", broken({ words: "many" }) as never);
    metrics.register("stumbling", {
      defaults: {},
      create: () =>
        made(() => {
          throw new Error("over a root");
        }) as never,
    });
  },
});

function made(result: () => unknown) {
  return { begin: () => ({ add: () => {}, result }) };
}

const training = createTraining({ plugins: [metrics(), errorRate()] });
type Line = { readonly name: string; readonly [option: string]: unknown };
type Row = readonly [label: number, ...logits: number[]];

/** Measures images, in batches of two. */
function measure(lines: readonly Line[], rows: readonly Row[], size = 2): Readonly<Record<string, number>> {
  const accumulator = chooseMetrics(training.metrics, lines).begin(["a", "b", "c"]);
  for (let from = 0; from < rows.length; from += size) {
    const batch = rows.slice(from, from + size);
    const logits = Float32Array.from(batch.flatMap(([, ...logits]) => logits));
    const indices = batch.map((_, at) => from + at);
    accumulator.add(
      scoresOf(
        logits,
        Int32Array.from(batch, ([label]) => label),
        indices,
      ),
    );
  }
  return accumulator.result();
}

const log = Math.log;
/** Probabilities 0.7, 0.2, 0.1 and the like, as logits. */
const rows: readonly Row[] = [
  [0, log(0.7), log(0.2), log(0.1)],
  [0, log(0.6), log(0.3), log(0.1)],
  [0, log(0.05), log(0.8), log(0.15)],
  [1, log(0.5), log(0.4), log(0.1)],
  [2, log(0.25), log(0.25), log(0.5)],
];

describe("metrics, by numbers from hand", () => {
  test("top-1 counts the images whose class is the most probable", () =>
    expect(measure([{ name: "top-1" }], rows)).toEqual({ accuracy: 60 }));

  test("top-5 with k = 2 counts those whose class is one of two", () =>
    expect(measure([{ name: "top-5", k: 2 }], rows)).toEqual({ top2Accuracy: 80 }));

  test("top-5 with k = 1 is top-1", () =>
    expect(measure([{ name: "top-5", k: 1 }], rows)).toEqual({ top1Accuracy: 60 }));

  test("top-5 takes the earlier of two equal classes for the more probable one", () => {
    expect(measure([{ name: "top-5", k: 2 }], [[1, 1, 0, 0]])).toEqual({ top2Accuracy: 100 });
    expect(measure([{ name: "top-5", k: 2 }], [[2, 1, 0, 0]])).toEqual({ top2Accuracy: 0 });
  });

  test("top-5 does not count what is not a number as a guess", () =>
    expect(measure([{ name: "top-5", k: 2 }], [[1, 0, Number.NaN, 1]])).toEqual({ top2Accuracy: 0 }));

  test("macro-accuracy counts every class the same, and none without an image", () => {
    expect(measure([{ name: "macro-accuracy" }], rows).macroAccuracy).toBeCloseTo((100 * (2 / 3 + 0 + 1)) / 3, 10);
    expect(measure([{ name: "macro-accuracy" }], rows.slice(0, 4)).macroAccuracy).toBeCloseTo(100 / 3, 10);
  });

  test("test-loss is the mean surprise at the true class", () => {
    const expected = -(log(0.7) + log(0.6) + log(0.05) + log(0.4) + log(0.5)) / 5;
    expect(measure([{ name: "test-loss" }], rows).testLoss).toBeCloseTo(expected, 6);
  });

  test("test-loss holds where exponentials do not", () =>
    expect(measure([{ name: "test-loss" }], [[1, 3000, 0, -3000]]).testLoss).toBe(3000));

  test("calibration-error weighs the gap of each bin by its images", () => {
    // Two bins: (0, 0.5] holds 0.5 wrong and 0.5 right, (0.5, 1] holds 0.7 and 0.6 right and 0.8 wrong.
    const low = Math.abs(1 - (0.5 + 0.5));
    const high = Math.abs(2 - (0.7 + 0.6 + 0.8));
    const found = measure([{ name: "calibration-error", bins: 2 }], rows).calibrationError;
    expect(found).toBeCloseTo((100 * (low + high)) / 5, 4);
  });

  test("calibration-error does not let one bin make up for another; a border belongs to the bin below", () => {
    const doubtful: Row = [0, 0, 0, -1e9];
    const wrong: Row = [1, log(0.75), log(0.125), log(0.125)];
    const found = measure([{ name: "calibration-error", bins: 2 }], [doubtful, wrong]).calibrationError;
    expect(found).toBeCloseTo((100 * (0.5 + 0.75)) / 2, 4);
  });

  test("calibration-error is none where a model is as sure as it is right", () => {
    const sure = (label: number): Row => [label, log(0.75), log(0.25), -1e9];
    expect(measure([{ name: "calibration-error" }], [0, 0, 0, 1].map(sure)).calibrationError).toBeCloseTo(0, 4);
  });

  test("calibration-error holds where exponentials do not", () =>
    expect(measure([{ name: "calibration-error" }], [[0, 3000, 0, -3000]]).calibrationError).toBe(0));

  test("calibration-error tells nothing where a probability is not a number", () =>
    expect(measure([{ name: "calibration-error" }], [[0, Number.NaN, 0, 0], ...rows]).calibrationError).toBeNaN());
});

describe("every metric", () => {
  const all: readonly Line[] = ["top-1", "top-5", "macro-accuracy", "test-loss", "calibration-error"].map((name) => ({
    name,
  }));
  const row = fc.tuple(
    fc.nat(2),
    ...[0, 1, 2].map(() => fc.double({ min: -20, max: 20, noNaN: true })),
  ) as fc.Arbitrary<Row>;

  test("gives the same whatever the batch size", () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 12 }), (images, size) => {
        const whole = measure(all, images, images.length);
        for (const [name, value] of Object.entries(measure(all, images, size)))
          expect(value, name).toBeCloseTo(whole[name] as number, 9);
      }),
    );
  });

  test("agrees with its definition, written naively", () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (images) => {
        const { top2Accuracy, testLoss, calibrationError } = measure(
          [{ name: "top-5", k: 2 }, { name: "test-loss" }, { name: "calibration-error", bins: 4 }],
          images,
        );
        const naive = images.map(([label, ...logits]) => {
          const values = logits.map(Math.fround);
          const order = [0, 1, 2].sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
          const total = values.reduce((sum, value) => sum + Math.exp(value), 0);
          const p = values.map((value) => Math.exp(value) / total);
          return { label, order, p };
        });
        const hits = naive.filter(({ label, order }) => order.slice(0, 2).includes(label)).length;
        expect(top2Accuracy).toBeCloseTo((100 * hits) / images.length, 9);
        const loss = naive.reduce((sum, { label, p }) => sum - log(p[label] as number), 0) / images.length;
        expect(testLoss).toBeCloseTo(loss, 6);
        const error = [0, 1, 2, 3].map((m) => {
          const bin = naive.filter(({ p }) => Math.max(...p) > m / 4 && Math.max(...p) <= (m + 1) / 4);
          if (bin.length === 0) return 0;
          const right = bin.filter(({ label, order }) => order[0] === label).length / bin.length;
          const confidence = bin.reduce((sum, { p }) => sum + Math.max(...p), 0) / bin.length;
          return (bin.length / images.length) * Math.abs(right - confidence);
        });
        expect(calibrationError).toBeCloseTo(100 * error.reduce((sum, part) => sum + part, 0), 6);
      }),
    );
  });

  test("is not a number where there was no image", () => {
    const found = measure(all, []);
    expect(Object.keys(found)).toEqual(["accuracy", "top5Accuracy", "macroAccuracy", "testLoss", "calibrationError"]);
    for (const value of Object.values(found)) expect(value).toBeNaN();
  });
});

describe("a stranger's metric", () => {
  test("is chosen by name with its options, and sees which image is which", () => {
    expect(measure([{ name: "error-rate" }], rows)).toEqual({ errorRate: 0.4 });
    // Images 0, 2 and 4.
    expect(measure([{ name: "error-rate", of: 2 }], rows).errorRate).toBeCloseTo(1 / 3, 12);
  });

  test("may not take the name of another's number", () =>
    expect(() => measure([{ name: "top-1" }, { name: "second-accuracy" }], rows)).toThrow(
      'FGKD_INVALID_CONFIG evaluation.metrics: two of them give a number named "accuracy"',
    ));

  test("is named when it gives no number, or fails", () => {
    expect(() => measure([{ name: "wordy" }], rows)).toThrow(
      'FGKD_PLUGIN_FAILED [metric wordy] failed in result: "words" is "many", not a number',
    );
    expect(() => measure([{ name: "stumbling" }], rows)).toThrow(
      "FGKD_PLUGIN_FAILED [metric stumbling] failed in result: over a root",
    );
  });

  test("that does not exist is told with those that do", () =>
    expect(() => measure([{ name: "top-10" }], rows)).toThrow('no metric is registered as "top-10"'));
});

test.each([
  ["top-5", { k: 0 }, 'option "k" must be whole and positive, received 0'],
  ["calibration-error", { bins: 1.5 }, 'option "bins" must be a whole number from 1 to 10000, received 1.5'],
])("%s refuses what it cannot do", (name, options, message) =>
  expect(() => measure([{ name, ...options }], rows)).toThrow(message),
);
