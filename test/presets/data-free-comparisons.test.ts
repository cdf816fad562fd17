import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Preset, resolveConfig, type Settings } from "../../core/index.js";
import { cmi, dafl, dfad, dfkdGenerator, dfq, zskt } from "../../presets/index.js";
import { startEngine } from "../support/engines.js";
import { composeStage, optionsOf } from "../support/preset-stages.js";

const step = { epoch: 0, index: 0, progress: 0 };

function settingsOf(preset: Preset, scale: "demo" | "paper") {
  const layers = [
    { origin: "preset", config: preset.defaults },
    { origin: scale, config: preset.scales?.[scale] ?? {} },
  ];
  return resolveConfig(Object.keys(preset.stages), layers).stages as Readonly<Record<string, Settings>>;
}

/** What the generator is told of two images, the teacher sure of class 0 and the student of nothing. */
async function generatorTerms(preset: Preset) {
  const training = composeStage(preset, "generator", "paper", {
    batchSize: 16,
    services: { classes: ["bird", "fish"] },
  });
  const normInputs = [{ input: tf.ones([16, 1, 1, 1]), mean: tf.tensor1d([0]), variance: tf.tensor1d([0]) }];
  const features = tf.fill([16, 1, 1, 1], 2) as tf.Tensor4D;
  const answers = (clear: number) => tf.tile(tf.tensor2d([[clear, 0]]), [16, 1]) as tf.Tensor2D;
  const outputs = {
    byTeacher: { logits: answers(3), features, normInputs: normInputs as never },
    byStudent: { logits: answers(0.5) },
  };
  const batch = await training.hooks.batch.promise({}, step);
  const terms = training.hooks.loss.call({}, outputs, batch, step);
  return Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, term.dataSync()[0] as number]));
}

const sure = Math.exp(3) / (Math.exp(3) + 1);
const unsure = Math.exp(0.5) / (Math.exp(0.5) + 1);
const divergence = sure * Math.log(sure / unsure) + (1 - sure) * Math.log((1 - sure) / (1 - unsure));
const balance = sure * Math.log(sure) + (1 - sure) * Math.log(1 - sure);

beforeAll(() => startEngine("cpu"));

describe("the rows of data-free distillation teach the generator by", () => {
  test.each([
    ["dafl", dafl, { oneHot: -Math.log(sure), classBalance: 20 * balance, activation: -0.001 * 2 }],
    ["zskt", zskt, { disagreement: -divergence }],
    ["dfad", dfad, { disagreement: -(3 - 0.5) / 2 }],
    [
      "dfq",
      dfq,
      {
        batchNormStatistics: 1,
        oneHot: -Math.log(sure),
        classBalance: 20 * balance,
        disagreement: -divergence,
      },
    ],
    ["dfkd-generator", dfkdGenerator, { batchNormStatistics: 0.3, disagreement: -divergence }],
  ] as const)("%s: its terms, weighed as its authors do", async (_, preset, expected) => {
    const terms = await generatorTerms(preset);
    expect(Object.keys(terms)).toEqual(Object.keys(expected));
    for (const [name, value] of Object.entries(expected)) expect(terms[name], name).toBeCloseTo(value, 4);
  });

  test("cmi: classes drawn for each image, and disagreement where both see the same class", async () => {
    const terms = await generatorTerms(cmi);
    expect(Object.keys(terms)).toEqual(["batchNormStatistics", "oneHot", "disagreement"]);
    expect(terms.disagreement).toBeCloseTo(-0.5 * divergence, 4);
    // Half the cross-entropy with 16 drawn classes: between that of none and of all being class 0.
    expect(terms.oneHot).toBeGreaterThan(-0.5 * Math.log(sure));
    expect(terms.oneHot).toBeLessThan(-0.5 * Math.log(1 - sure));
    expect(optionsOf(cmi, "generator").disagreement).toMatchObject({ agreedOnly: true });
  });
});

describe("the rows of data-free distillation", () => {
  test.each([
    ["dafl", dafl, [1, 5], 0.1, { temperature: 1, measure: "teacher-first" }],
    ["zskt", zskt, [1, 5], 0.1, { temperature: 1, measure: "teacher-first" }],
    ["dfad", dfad, [1, 5], 0.1, { measure: "l1" }],
    ["dfq", dfq, [1, 10], 0.05, { temperature: 1, measure: "teacher-first" }],
    ["cmi", cmi, [200, 400], 0.1, { temperature: 20, measure: "teacher-first" }],
  ] as const)("%s takes turns, rates and the student's loss from the table", (_, preset, turns, rate, loss) => {
    const { generator, student } = settingsOf(preset, "paper");
    expect([generator?.stepsPerTurn, student?.stepsPerTurn]).toEqual(turns);
    expect(student).toMatchObject({ stepsPerEpoch: 400, epochs: 200, batchSize: 256 });
    expect((generator?.stepsPerEpoch ?? 0) / turns[0]).toBe(400 / turns[1]);
    expect(generator?.optimizer).toMatchObject({ name: "adam", learningRate: 0.001, beta1: 0.5 });
    expect(student?.optimizer).toMatchObject({
      name: "sgd",
      learningRate: rate,
      momentum: 0.9,
      weightDecay: 1e-4,
      schedule: { name: "cosine" },
    });
    expect(optionsOf(preset, "student")["logit-distillation"]).toMatchObject(loss);
  });

  test.each([zskt, dfad, dfq, cmi])("$name asks the student in eval mode while images are made", (preset) => {
    expect(optionsOf(preset, "generator")["generated-outputs"]).toMatchObject({
      student: "student",
      studentMode: "eval",
    });
  });

  test.each([dafl, zskt, dfad, dfq])("$name makes the student's images with the generator in eval mode", (preset) => {
    expect(optionsOf(preset, "student")["generated-images"]).toMatchObject({ generatorMode: "eval" });
  });

  test.each([dfkdGenerator, cmi])("$name makes them as the generator's own steps do", (preset) => {
    expect(optionsOf(preset, "student")["generated-images"]).toMatchObject({ generatorMode: "train" });
  });

  test("dafl does not ask the student at all", () => {
    expect(optionsOf(dafl, "generator")["generated-outputs"]).toMatchObject({ student: null });
  });

  test.each([dafl, zskt, dfad, dfq, cmi])(
    "$name's demo gives the student as many steps as dfkd-generator's",
    (preset) => {
      const [row, whole] = [settingsOf(preset, "demo"), settingsOf(dfkdGenerator, "demo")];
      for (const field of ["epochs", "stepsPerEpoch", "batchSize", "input", "data"] as const)
        expect(row.student?.[field], field).toEqual(whole.student?.[field]);
      expect(row.teacher).toMatchObject({ epochs: whole.teacher?.epochs, optimizer: whole.teacher?.optimizer });
    },
  );

  test("are stages of one loop", () => {
    for (const preset of [dafl, zskt, dfad, dfq, cmi])
      expect(Object.keys(preset.stages)).toEqual(Object.keys(dfkdGenerator.stages));
  });
});

describe("the rows of data-free distillation, as variant table-1", () => {
  const rows = [dafl, zskt, dfad, dfq, cmi].map((preset) => preset.configure?.({ variant: "table-1" }) as Preset);
  const modelsOf = (preset: Preset) => settingsOf(preset, "paper").student?.models;

  test.each(rows)(
    "$name: the images, networks, batches and optimiser of dfkd-generator, and no other teacher",
    (preset) => {
      const [row, whole] = [settingsOf(preset, "paper"), settingsOf(dfkdGenerator, "paper")];
      for (const field of ["input", "batchSize", "epochs", "optimizer"] as const)
        expect(row.student?.[field], field).toEqual(whole.student?.[field]);
      expect(row.teacher).toEqual({ ...whole.teacher, models: row.teacher?.models });
      for (const role of ["teacher", "student"])
        expect(modelsOf(preset)?.[role]).toEqual(modelsOf(dfkdGenerator)?.[role]);
      expect(preset.sets).toEqual(dfkdGenerator.sets);
    },
  );

  test.each(rows)(
    "$name: its own turns and noise, in whole turns of at least as many steps of the student",
    (preset) => {
      const [row, code] = [settingsOf(preset, "paper"), settingsOf(shipped(preset.name), "paper")];
      const [turn, steps] = [row.student?.stepsPerTurn ?? 0, row.student?.stepsPerEpoch ?? 0];
      expect([row.generator?.stepsPerTurn, turn]).toEqual([code.generator?.stepsPerTurn, code.student?.stepsPerTurn]);
      expect([steps % turn, steps >= 750, steps < 750 + turn]).toEqual([0, true, true]);
      expect((row.generator?.stepsPerEpoch ?? 0) / (row.generator?.stepsPerTurn ?? 0)).toBe(steps / turn);
      const size = preset.name === "dafl" ? 512 : 256;
      expect(row.generator?.options.noise).toEqual({ size });
      expect(modelsOf(preset)?.generator?.backbone).toMatchObject({ noise: size, attentionWeight: 0 });
    },
  );

  test("resets the stem of the teacher, whichever backbone it has", () => {
    for (const preset of rows) expect(modelsOf(preset)?.teacher?.backbone).not.toHaveProperty("stem");
    expect(modelsOf(dafl)?.teacher?.backbone).toMatchObject({ stem: { stride: 1, pool: false } });
  });
});

function shipped(name: string): Preset {
  return [dafl, zskt, dfad, dfq, cmi].find((preset) => preset.name === name) as Preset;
}
