import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { measureUneven } from "../../../core/evaluation/unasked.js";
import {
  type Batch,
  defaults,
  evaluate,
  type Metric,
  need,
  onlyClasses,
  type Pass,
  type Scores,
  type Source,
  type Split,
} from "../../../core/index.js";
import { startEngine } from "../../support/engines.js";

beforeAll(() => startEngine("cpu"));

const labels = { test: [0, 0, 1, 2, 2], validation: [], train: [1, 1] };

/** Images of one pixel, which is the class that a model would say. */
function sourceOf(guesses: Readonly<Record<Split, readonly number[]>>, passes: Pass[] = []): Source {
  const count: Source["count"] = (split) => labels[split].length;
  const batchCount: Source["batchCount"] = ({ split, batchSize }) => Math.ceil(count(split) / batchSize);
  return {
    classes: ["a", "b", "c", "never"],
    fingerprint: "",
    count,
    batchCount,
    async *batches(pass) {
      passes.push(pass);
      for (let from = 0; from < count(pass.split); from += pass.batchSize) {
        const to = from + pass.batchSize;
        const rows = labels[pass.split]
          .slice(from, to)
          .map((label) => [0, 1, 2, 3].map((at) => (at === label ? 1 : 0)));
        const pixels = guesses[pass.split].slice(from, to);
        yield { images: tf.tensor4d([...pixels], [pixels.length, 1, 1, 1]), labels: tf.tensor2d(rows) };
      }
    },
    close: async () => {},
  };
}

const predict = (batch: Batch) => {
  const images = need(batch, "images", "test");
  return tf.oneHot(images.reshape([-1]).cast("int32"), 4) as tf.Tensor2D;
};

const guesses = { test: [0, 1, 1, 2, 2], validation: [], train: [1, 0] };
const options = { batchSize: 2, input: defaults.input };

describe("evaluation", () => {
  test("counts right answers over a split, the last partial batch too", async () => {
    const { accuracy, images } = await evaluate(predict, sourceOf(guesses), options);
    expect([accuracy, images]).toEqual([80, 5]);
  });

  test("counts them class by class, classes without an image too", async () => {
    const { perClass } = await evaluate(predict, sourceOf(guesses), options);
    expect(perClass).toEqual([
      { name: "a", images: 2, correct: 1 },
      { name: "b", images: 1, correct: 1 },
      { name: "c", images: 2, correct: 2 },
      { name: "never", images: 0, correct: 0 },
    ]);
  });

  test("takes the split it is asked for, without augmentation", async () => {
    const passes: Pass[] = [];
    const { accuracy } = await evaluate(predict, sourceOf(guesses, passes), { ...options, split: "train" });
    expect(accuracy).toBe(50);
    expect(passes[0]).toMatchObject({ split: "train", mode: "test", skip: 0 });
  });

  test("does not depend on the batch size", async () => {
    const all = await Promise.all(
      [1, 2, 3, 5, 9].map((batchSize) => evaluate(predict, sourceOf(guesses), { ...options, batchSize })),
    );
    for (const one of all) expect(one).toEqual(all[0]);
  });

  test("shows every batch to each metric once, with the positions of its images", async () => {
    const seen: (readonly number[])[] = [];
    const counting: Metric = {
      begin: (classes) => ({
        add: ({ images, logits, labels, indices }) => {
          expect([logits.length, labels.length]).toEqual([images * classes.length, images]);
          seen.push(indices);
        },
        result: () => ({ batches: seen.length }),
      }),
    };
    const { metrics, accuracy } = await evaluate(predict, sourceOf(guesses), { ...options, metrics: [counting] });
    expect(seen).toEqual([[0, 1], [2, 3], [4]]);
    expect(metrics).toEqual({ batches: 3 });
    expect(accuracy).toBe(80);
  });

  test("measures accuracy where nothing else is asked for, and NaN where there is no image", async () => {
    expect((await evaluate(predict, sourceOf(guesses), options)).metrics).toEqual({ accuracy: 80 });
    const none = await evaluate(predict, sourceOf(guesses), { ...options, split: "validation" });
    expect([none.accuracy, none.images, none.metrics]).toEqual([Number.NaN, 0, { accuracy: Number.NaN }]);
  });

  test("frees every batch, and what the model left behind", async () => {
    const before = tf.memory().numTensors;
    await evaluate(predict, sourceOf(guesses), options);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("what the data is reason to measure", () => {
  const ranks = { family: ["x", "x", "y", "y"], order: ["one", "one", "one", "one"] };
  // Labels 0, 0, 1, 2, 2: two are wrong, one of which is of the right family.
  const told = { ...guesses, test: [0, 1, 1, 2, 0] };

  test("is how often each rank above the classes is right", async () => {
    const { metrics } = await evaluate(predict, { ...sourceOf(told), ranks }, options);
    expect(metrics).toEqual({ accuracy: 60, "rankAccuracy/family": 80, "rankAccuracy/order": 100 });
  });

  test("is the accuracy of each set that was merged, by the images' places in their split", async () => {
    const about: Source["about"] = (split, index) => ({ set: split === "test" && index < 3 ? "CUB-200" : "dogs" });
    const { metrics } = await evaluate(predict, { ...withIndices(sourceOf(told)), about }, options);
    expect(metrics).toEqual({ accuracy: 60, "setAccuracy/CUB-200": (100 * 2) / 3, "setAccuracy/dogs": 50 });
  });

  test("is the mean over classes where one has three times the images of another", () => {
    const four = { images: 4, correct: 2 };
    expect(measureUneven([four, { images: 11, correct: 11 }])).toEqual({});
    expect(measureUneven([four, { images: 12, correct: 12 }, { images: 0, correct: 0 }])).toEqual({
      macroAccuracy: 75,
    });
    expect(
      measureUneven([
        { images: 2, correct: 1 },
        { images: 9, correct: 9 },
      ]),
    ).toEqual({});
    expect(measureUneven([])).toEqual({});
  });
});

describe("some classes alone", () => {
  const kept = [0, 2];
  const among = (batch: Batch) => tf.tidy(() => predict(batch).gather(kept, 1) as tf.Tensor2D);
  const ranks = { family: ["x", "x", "y", "y"] };

  test("are the images of these, with labels, ranks and answers among them", async () => {
    const narrow = onlyClasses({ ...sourceOf(guesses), ranks }, kept);
    expect(narrow.classes).toEqual(["a", "c"]);
    const { accuracy, images, perClass, metrics } = await evaluate(among, narrow, options);
    // An image of a that is taken for b, which is none of them, says nothing: of equals the first, a.
    expect([accuracy, images, metrics["rankAccuracy/family"]]).toEqual([100, 4, 100]);
    expect(perClass).toEqual([
      { name: "a", images: 2, correct: 2 },
      { name: "c", images: 2, correct: 2 },
    ]);
  });

  test("keep their places in the split, whatever the batches are, and whether or not these tell them", async () => {
    for (const source of [sourceOf(guesses), withIndices(sourceOf(guesses))])
      for (const batchSize of [1, 2, 5]) {
        const seen: number[] = [];
        const onBatch = ({ indices }: Scores) => void seen.push(...indices);
        await evaluate(among, onlyClasses(source, kept), { ...options, batchSize, onBatch });
        expect(seen).toEqual([0, 1, 3, 4]);
      }
  });

  test("leave no tensor behind, neither of batches that have none of them", async () => {
    const before = tf.memory().numTensors;
    await evaluate(among, onlyClasses(sourceOf(guesses), [0, 3]), { ...options, batchSize: 1 });
    expect(tf.memory().numTensors).toBe(before);
  });
});

function withIndices(source: Source): Source {
  return {
    ...source,
    async *batches(pass) {
      let seen = 0;
      for await (const batch of source.batches(pass)) {
        const images = need(batch, "labels", "test").shape[0];
        yield { ...batch, indices: Array.from({ length: images }, (_, at) => seen + at) };
        seen += images;
      }
    },
  };
}
