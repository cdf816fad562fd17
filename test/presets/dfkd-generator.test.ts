import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Config,
  createRandom,
  createRun,
  definePlugin,
  type Pass,
  type Run,
  readNewestCheckpoint,
  resolveConfig,
  type StepReport,
  silentLogger,
  writeCheckpoint,
} from "../../core/index.js";
import { dfkdGenerator } from "../../presets/index.js";
import { startEngine } from "../support/engines.js";
import { optionsOf } from "../support/preset-stages.js";
import { tinyGenerator, tinyNetwork } from "./tiny-networks.js";

declare module "../../core/index.js" {
  interface Sources {
    "watched-squares": {};
  }
}

const asked: string[] = [];

/** Grey squares of two shades, and a note of who asked for which split. */
const squares = definePlugin({
  name: "squares",
  defaults: {},
  apply({ sources, stage }) {
    const batchCount = (pass: Pick<Pass, "split" | "batchSize">) => Math.floor(8 / pass.batchSize);
    const source = {
      classes: ["dark", "light"],
      fingerprint: "squares",
      count: () => 8,
      batchCount,
      async *batches({ split, mode, batchSize, skip }: Pass) {
        asked.push(`${stage} ${split}`);
        for (let batch = skip; batch < batchCount({ split, batchSize }); batch++) {
          const noise = createRandom(`${split} ${mode} ${batch}`).normals(batchSize * 16 * 16 * 3);
          const images = tf.tidy(() => {
            const shade = tf.tensor4d(
              Array.from({ length: batchSize }, (_, at) => (at % 2) * 2 - 1),
              [batchSize, 1, 1, 1],
            );
            return tf.tensor4d(noise, [batchSize, 16, 16, 3]).mul(0.3).add<tf.Tensor4D>(shade);
          });
          const labels = Array.from({ length: batchSize }, (_, at) => (at % 2 ? [0, 1] : [1, 0]));
          yield { images, labels: tf.tensor2d(labels) };
        }
      },
      close: async () => {},
    };
    sources.register("watched-squares", { defaults: {}, create: () => ({ open: async () => source }) });
  },
});

const noiseSize = { noise: { size: 6 } };
const tiny: Config = {
  epochs: 2,
  batchSize: 4,
  data: { name: "watched-squares" },
  input: { resize: 16, crop: 16 },
  models: {
    teacher: { backbone: tinyNetwork },
    student: { backbone: { ...tinyNetwork, widths: [2, 6] } },
    generator: { backbone: tinyGenerator },
  },
  stages: {
    teacher: { epochs: 2 },
    warmup: { enabled: true, stepsPerEpoch: 3, options: noiseSize },
    generator: {
      stepsPerEpoch: 4,
      stepsPerTurn: 2,
      options: { ...noiseSize, "class-priors": { oneHot: 1, balance: 1, activation: 1 } },
    },
    student: { stepsPerEpoch: 6, stepsPerTurn: 3, options: noiseSize },
  },
};

const start = () =>
  createRun({ preset: dfkdGenerator, plugins: [squares()], layers: [{ origin: "test", config: tiny }] });

beforeAll(() => startEngine("wasm"));

describe("dfkd-generator", () => {
  const reports: StepReport[] = [];
  let run: Run;
  beforeAll(async () => {
    asked.length = 0;
    run = await start();
    for await (const report of run.steps()) reports.push(report);
  }, 120_000);
  afterAll(() => run.close());

  test("trains the teacher, warms the generator up, then lets generator and student take turns", () => {
    const order = reports.map(({ stage }) => stage[0]).join("");
    expect(order).toBe(`${"t".repeat(4)}${"w".repeat(3)}${"ggsss".repeat(4)}`);
  });

  test("asks for training images for the teacher alone, and for test images to test the student", () => {
    expect(new Set(asked)).toEqual(new Set(["teacher train", "teacher test"]));
    expect(asked.filter((split) => split === "teacher train")).toHaveLength(2);
    expect(run.fingerprints).toEqual({
      teacher: "squares",
      warmup: "no data: makes its own images; not tested",
      generator: "no data: makes its own images; not tested",
      student: "no data: makes its own images; tested on squares",
    });
    expect(run.history.filter(({ stage }) => stage === "student").every(({ metrics }) => "accuracy" in metrics)).toBe(
      true,
    );
  });

  test("teaches each by the paper's terms", () => {
    const terms = (stage: string) => Object.keys(reports.find((report) => report.stage === stage)?.losses ?? {});
    expect(terms("generator")).toEqual(["batchNormStatistics", "oneHot", "classBalance", "activation", "disagreement"]);
    expect(terms("student")).toEqual(["distillation", "attention", "contrast"]);
  });

  test("exports no attention module, adapter or projector with the student", () => {
    const names = [...run.models.get("student").parameters.shapes.keys()];
    expect(names.filter((name) => /attention|adapter|projector/.test(name))).toEqual([]);
  });

  test("repeats to the last digit", async () => {
    const again = await start();
    const losses: unknown[] = [];
    for await (const report of again.steps()) losses.push(report.losses);
    expect(losses).toEqual(reports.map((report) => report.losses));
    await again.close();
  });

  describe("stopped between two turns, and gone on with", () => {
    const [untilFirstTurn, generator, student] = [4 + 3, 2, 3];
    let folder = "";
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "fgkd-turns-"));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    /** What a checkpoint of the run as it stands now consists of, file by file. */
    async function bytesOf(run: Run, name: string): Promise<readonly string[]> {
      const place = join(folder, name);
      await mkdir(place);
      await writeCheckpoint(place, await run.save());
      const files = (await readdir(place)).sort();
      expect(files).toContainEqual(expect.stringMatching(/safetensors$/));
      return Promise.all(files.map(async (file) => `${file} ${await readFile(join(place, file), "base64")}`));
    }

    test.each([
      ["the generator's and the student's", untilFirstTurn + generator, "student"],
      ["the student's and the generator's", untilFirstTurn + generator + student, "generator"],
    ])("%s: ends with the same bytes", async (between, steps, next) => {
      const stopped = await start();
      let taken = 0;
      for await (const _ of stopped.steps()) if (++taken === steps) break;
      const place = join(folder, `at-${steps}`);
      await mkdir(place);
      await writeCheckpoint(place, await stopped.save());
      await stopped.close();
      const resumed = await start();
      const checkpoint = await readNewestCheckpoint(place, silentLogger);
      if (!checkpoint) throw new Error(`no checkpoint between ${between}`);
      resumed.load(checkpoint);
      const rest: StepReport[] = [];
      for await (const report of resumed.steps()) rest.push(report);
      expect(rest[0]?.stage).toBe(next);
      expect(rest).toEqual(reports.slice(steps));
      expect(await bytesOf(resumed, `end-${steps}`)).toEqual(await bytesOf(run, `whole-${steps}`));
      await resumed.close();
    });
  });

  test("teaches a student of another build by pooled features, which is told before the teacher is trained", async () => {
    const backbone = { ...tinyNetwork, depths: [1, 1, 1], widths: [2, 4, 6] };
    const told: string[] = [];
    const other = await createRun({
      preset: dfkdGenerator,
      plugins: [squares()],
      layers: [
        { origin: "test", config: tiny },
        { origin: "other", config: { models: { student: { backbone } }, stages: { warmup: { enabled: false } } } },
      ],
      logger: { info: (words) => told.push(words), warn: (words) => told.push(words) },
    });
    other.check();
    expect(told).toContainEqual(
      expect.stringMatching(/^stage "student": the student has 3 levels and the teacher has 2, so/),
    );
    let losses: Readonly<Record<string, number>> = {};
    for await (const report of other.steps()) {
      losses = report.losses;
      if (report.stage === "student") break;
    }
    expect(Object.keys(losses)).toEqual(["distillation", "attention", "contrast"]);
    expect(losses.attention).toBeGreaterThan(0);
    await other.close();
  });

  test("leads gradients from every loss of the generator back through teacher and student to the noise", async () => {
    const fresh = await start();
    const training = fresh.stages.find(({ stage }) => stage === "generator");
    if (!training) throw new Error("no generator stage");
    const generator = fresh.models.get("generator");
    const noise = tf.tensor2d(createRandom(3).normals(24), [4, 6]);
    // A few power iterations, or the spectral norms would be no norms yet.
    for (let pass = 0; pass < 5; pass++) tf.tidy(() => void generator.forward({ noise }, "train"));
    const loss = (noise: tf.Tensor) => {
      const position = { epoch: 0, index: 0, progress: 0 };
      const batch = { noise: noise as tf.Tensor2D };
      const outputs = training.hooks.forward.call(generator.forward(batch, "batch-statistics"), batch, position);
      return tf.addN(Object.values(training.hooks.loss.call({}, outputs, batch, position))) as tf.Scalar;
    };
    // Single differences meet the kinks of ReLUs and maxima; the direction of all together must still be the gradient's.
    expect(
      cosine(
        tf.tidy(() => tf.grad(loss)(noise).dataSync().slice()),
        differences(loss, noise, 0.03),
      ),
    ).toBeGreaterThan(0.98);
    await fresh.close();
  });
});

/** Central finite differences of a scalar function. */
function differences(loss: (x: tf.Tensor) => tf.Scalar, at: tf.Tensor, step: number): Float32Array {
  const values = at.dataSync().slice() as Float32Array;
  const moved = (index: number, by: number) => {
    const there = values.slice();
    there[index] = (there[index] as number) + by;
    return tf.tidy(() => loss(tf.tensor(there, at.shape)).dataSync()[0] as number);
  };
  return values.map((_, index) => (moved(index, step) - moved(index, -step)) / (2 * step));
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>) =>
    Array.from(x).reduce((sum, value, index) => sum + value * (y[index] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe("the paper's recipe, at paper scale", () => {
  const settings = resolveConfig(Object.keys(dfkdGenerator.stages), [
    { origin: "preset", config: dfkdGenerator.defaults },
    { origin: "paper", config: dfkdGenerator.scales?.paper ?? {} },
  ]).stages;
  const options = (stage: string) => optionsOf(dfkdGenerator, stage);

  test("takes 20 steps of the generator for 15 of the student, fifty times an epoch, for 200 epochs, without warm-up", () => {
    expect(settings.generator).toMatchObject({ stepsPerTurn: 20, stepsPerEpoch: 1000, epochs: 200, batchSize: 64 });
    expect(settings.student).toMatchObject({ stepsPerTurn: 15, stepsPerEpoch: 750, epochs: 200, batchSize: 64 });
    expect(settings.warmup?.enabled).toBe(false);
  });

  test("trains the generator by Adam at 0.001 and the student by SGD at 0.01, cosine to 0", () => {
    expect(settings.generator?.optimizer).toMatchObject({
      name: "adam",
      learningRate: 0.001,
      beta1: 0.5,
      weightDecay: 0,
    });
    expect(settings.student?.optimizer).toMatchObject({
      name: "sgd",
      learningRate: 0.01,
      momentum: 0.9,
      weightDecay: 5e-4,
      schedule: { name: "cosine" },
    });
  });

  test("weighs statistics by 0.3, attention by 10 with order 3, contrast by 8 at temperature 0.07", () => {
    expect(options("generator")["batch-norm-statistics"]).toEqual({ weight: 0.3 });
    expect(options("generator")["class-priors"]).toMatchObject({ oneHot: 0, balance: 0, activation: 0 });
    expect(options("student")["attention-distillation"]).toMatchObject({
      weight: 10,
      order: 3,
      teacherAttention: "frozen",
    });
    expect(options("student")["semantic-contrast"]).toMatchObject({
      weight: 8,
      temperature: 0.07,
      anchors: "teacher",
      size: 128,
    });
    expect(options("student")["logit-distillation"]).toMatchObject({ temperature: 1, weight: 1 });
  });
});
