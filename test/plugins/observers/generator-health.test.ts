import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { type Batch, createTraining, type Model, type Models, need, Parameters } from "../../../core/index.js";
import { noise } from "../../../plugins/generators/index.js";
import { type GeneratorHealthOptions, generatorHealth } from "../../../plugins/observers/index.js";
import "../../support/matchers.js";

beforeAll(() => tf.setBackend("cpu"));

const side = 4;
const classes = ["red", "green", "blue", "grey"];
const [mean, deviation] = [[0.5, 0.5, 0.5] as const, [0.25, 0.25, 0.25] as const];

type Paint = (noise: tf.Tensor2D) => tf.Tensor4D;

const model = (forward: (batch: Batch) => object): Model => ({ parameters: new Parameters(), forward });

/** Makes pixels in [0, 1], normalised as the settings have it. */
const generator = (paint: Paint) =>
  model((batch) => ({
    images: paint(need(batch, "noise", "test"))
      .sub(mean)
      .div<tf.Tensor4D>(deviation),
  }));

/** Squares of one colour each. */
const squares = (colours: tf.Tensor) => colours.reshape([-1, 1, 1, 3]).tile<tf.Tensor4D>([1, side, side, 1]);

/** The colour of most light, or grey for squares without colour; its one batch norm remembers a mean of 0. */
const teacher = model((batch) => {
  const images = need(batch, "images", "test");
  const light = images.mean<tf.Tensor2D>([1, 2]);
  const colour = light.sub<tf.Tensor2D>(light.mean(1, true));
  return {
    logits: tf.concat2d([colour, tf.ones([light.shape[0], 1]).mul<tf.Tensor2D>(0.1)], 1),
    normInputs: [{ name: "bn1", input: images, mean: tf.zeros([3]), variance: tf.ones([3]) }],
  };
});

/** Sees red everywhere. */
const student = model((batch) => ({
  logits: tf.tensor2d([[1, 0, 0, 0]]).tile<tf.Tensor2D>([need(batch, "images", "test").shape[0], 1]),
}));

/** Epochs of a stage with this generator, 12 images a look: metrics, files and warnings. */
async function watch(paint: Paint, epochs = [0], options: GeneratorHealthOptions = {}, stepsPerEpoch = 20) {
  const files = new Map<string, Uint8Array | string>();
  const warnings: string[] = [];
  const metrics: Record<string, number>[] = [];
  const roles: Readonly<Record<string, Model>> = { generator: generator(paint), teacher, student };
  const { hooks } = createTraining({
    plugins: [noise({ size: 3 }), generatorHealth(options)],
    stage: "generator",
    config: {
      epochs: 12,
      batchSize: 12,
      stepsPerEpoch,
      input: { resize: side, fit: "warp", pad: 0, crop: side, flip: 0, mean, deviation },
    },
    services: {
      classes,
      models: {
        get: (role) => roles[role] as Model,
        view: (role) => roles[role] as Model,
        addView: (role) => roles[role] as Model,
        built: [],
        isPretrained: () => false,
      } satisfies Models,
      artifacts: { write: (name, content) => void files.set(name, content) },
      logger: { info: () => {}, warn: (words) => warnings.push(words) },
    },
  });
  const { noise: drawn } = await hooks.batch.promise({}, { epoch: 0, index: 0, progress: 0 });
  drawn?.dispose();
  for (const epoch of epochs) {
    const measured = {};
    const measure = (values: object) => void Object.assign(measured, values);
    const summary = { stage: "generator", epoch, losses: {}, metrics: {}, learningRate: 0.1 };
    await hooks.epoch.promise({ ...summary, stop: () => {}, measure });
    metrics.push(measured);
  }
  return { files, warnings, metrics };
}

/** Each image of the colour that its noise says. */
const healthy: Paint = (z) => squares(tf.sigmoid(z.mul(2)).mul(0.9).add(0.05));
/** As with weights of 0: whatever the noise, the same image. */
const constant: Paint = (z) => squares(z.mul(0).add([0.3, 0.7, 0.3]));
/** Red, in different shades. */
const reds: Paint = (z) => squares(tf.sigmoid(z.slice([0, 0], [-1, 1])).mul(tf.tensor([0.9, 0.1, 0.1])));
/** Black and white. */
const harsh: Paint = (z) => squares(z.greater(0).cast("float32"));

describe("generator health", () => {
  test("finds nothing to say of a generator whose images differ, and measures them", async () => {
    const { warnings, metrics } = await watch(healthy);
    expect(warnings).toEqual([]);
    expect(Object.keys(metrics[0] ?? {})).toEqual(
      [
        "classes",
        "largestShare",
        "entropy",
        "agreement",
        "batchNormDistance",
        "meanAbsolute",
        "saturated",
        "spread",
      ].map((name) => `generated/${name}`),
    );
    expect(metrics[0]?.["generated/classes"]).toBeGreaterThanOrEqual(3);
    expect(metrics[0]?.["generated/spread"]).toBeGreaterThan(40);
  });

  test("says of a generator whose images are all equal that they are, and what the teacher takes them for", async () => {
    const { warnings, metrics } = await watch(constant);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(
      /^stage "generator", epoch 1: the generator has collapsed: the teacher takes 12 of 12 generated images for "green", one of 4 classes\. Try .*--set stages\.generator\.options\.class-priors\.balance=/,
    );
    expect(warnings[1]).toMatch(/nearly all alike: .* 0\.0 of 255 levels .*--set stages\.generator\.optimizer\.learn/);
    expect(metrics[0]).toMatchObject({
      "generated/classes": 1,
      "generated/largestShare": 100,
      "generated/entropy": 0,
      "generated/agreement": 0,
      "generated/spread": 0,
    });
  });

  test("says of images that differ, but are of one class, only that", async () => {
    const { warnings, metrics } = await watch(reds);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('12 of 12 generated images for "red"');
    expect(metrics[0]?.["generated/agreement"]).toBe(100);
  });

  test("says of images of black and white that they saturate", async () => {
    const { warnings, metrics } = await watch(harsh);
    expect(warnings).toEqual([
      expect.stringMatching(/saturate: 100 % of their colour values are 0 or 255 \(mean \|x\| 1\.00/),
    ]);
    expect(metrics[0]).toMatchObject({ "generated/saturated": 100, "generated/meanAbsolute": 1 });
  });

  test("warns once for each kind, however long it goes on", async () => {
    expect((await watch(constant, [0, 4, 9, 11])).warnings).toHaveLength(2);
  });

  test("does not judge one that has hardly begun", async () => {
    const { warnings, metrics } = await watch(constant, [0, 1, 2, 3], { every: 1 }, 5);
    expect(metrics[0]?.["generated/classes"]).toBe(1);
    expect(warnings.map((words) => words.slice(0, 26))).toEqual(Array(2).fill('stage "generator", epoch 4'));
  });

  test("looks after the first epoch, every few, and the last", async () => {
    const { files } = await watch(healthy, [...Array(12).keys()], { every: 5 });
    expect([...files.keys()]).toEqual(
      [1, 5, 10, 12].flatMap((epoch) =>
        ["json", "png"].map((ending) => `generator/epoch-${String(epoch).padStart(3, "0")}.${ending}`),
      ),
    );
  });

  test("shows the same noise each time, so that pictures can be compared", async () => {
    const { files } = await watch(healthy, [0, 4]);
    expect(files.get("generator/epoch-001.png")).toEqual(files.get("generator/epoch-005.png"));
  });

  test("leaves the shares of all classes by name, and the distance of each layer", async () => {
    const { files, metrics } = await watch(reds);
    const detail = JSON.parse(files.get("generator/epoch-001.json") as string);
    expect(detail).toMatchObject({
      images: 12,
      agreement: 100,
      shares: { red: 100, green: 0, blue: 0, grey: 0 },
      layers: [{ layer: "bn1", mean: expect.any(Number), variance: expect.any(Number) }],
    });
    expect(detail.layers[0].mean + detail.layers[0].variance).toBeCloseTo(
      metrics[0]?.["generated/batchNormDistance"] ?? 0,
      3,
    );
  });

  test("leaves a picture in the colours that people would see", async () => {
    const { files } = await watch(reds);
    const { data, info } = await decode(files.get("generator/epoch-001.png"));
    // Two rows of at most eight pictures, 4 pixels enlarged to 96, and white around each.
    expect([info.width, info.height, info.channels]).toEqual([4 + 8 * 100, 4 + 2 * 100, 3]);
    const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
    expect(at(0, 0)).toEqual([255, 255, 255]);
    const [red = 0, green = 0, blue = 0] = at(50, 50);
    expect(Math.abs(red - 9 * green)).toBeLessThanOrEqual(9);
    expect(green).toBe(blue);
    expect(at(4, 4)).toEqual(at(99, 99));
    // There are twelve: the second row ends in the middle.
    expect(at(350, 150)).not.toEqual([255, 255, 255]);
    expect(at(450, 150)).toEqual([255, 255, 255]);
  });

  test("does without a student", async () => {
    const { metrics } = await watch(healthy, [0], { student: null });
    expect(metrics[0]).not.toHaveProperty("generated/agreement");
  });

  test("leaves no tensor behind", () => expect(() => watch(healthy, [0, 4])).not.toLeak());

  test("wants noise, and epochs that can be counted", async () => {
    const { hooks } = createTraining({ plugins: [generatorHealth()] });
    await expect(hooks.batch.promise({}, { epoch: 0, index: 0, progress: 0 })).rejects.toThrow(
      "List noise() before it",
    );
    expect(() => generatorHealth({ every: 0 })).toThrow('option "every" must be whole and positive');
  });
});

function decode(png: Uint8Array | string | undefined) {
  return sharp(png as Uint8Array)
    .raw()
    .toBuffer({ resolveWithObject: true });
}
