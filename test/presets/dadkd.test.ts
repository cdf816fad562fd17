import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { type Config, configurePreset, type Preset, presetLayers, resolveConfig } from "../../core/index.js";
import { baseline, dadkd, dkd, kd, snapmix } from "../../presets/index.js";
import { entriesOf, optionsOf } from "../support/preset-stages.js";

const rows: readonly (readonly [string, Preset])[] = [baseline, snapmix, kd, dkd, dadkd].map((preset) => [
  preset.name,
  preset,
]);

const atPaperScale = (preset: Preset) =>
  resolveConfig(Object.keys(preset.stages), [
    { origin: "preset", config: preset.defaults },
    { origin: "paper", config: preset.scales?.paper ?? {} },
  ]);

describe("the paper's recipe, at paper scale", () => {
  test.each(rows)("%s: SGD with momentum 0.9, 0.001 falling tenfold every 80 of 200 epochs", (_, preset) => {
    for (const settings of Object.values(atPaperScale(preset).stages)) {
      expect(settings.epochs).toBe(200);
      expect(settings.optimizer).toMatchObject({
        name: "sgd",
        momentum: 0.9,
        learningRate: 0.001,
        schedule: { name: "step", every: 80, factor: 0.1 },
      });
    }
  });

  test.each(rows)("%s: what the paper leaves open is as in SnapMix's code", (_, preset) => {
    for (const settings of Object.values(atPaperScale(preset).stages)) {
      expect(settings.batchSize).toBe(16);
      expect(settings.optimizer).toMatchObject({ nesterov: true, weightDecay: 1e-4, newLayersFactor: 10 });
      expect(settings.input).toMatchObject({ resize: 512, fit: "shorter", crop: 448, flip: 0.5, pad: 0 });
    }
  });

  test.each(rows)("%s: the student sees 128 pixels, a teacher all 448", (_, preset) => {
    const { models } = atPaperScale(preset).run;
    expect(models.student?.input?.size).toBe(128);
    expect(models.teacher?.input ?? {}).toEqual({});
    expect(models.student?.backbone.name).toBe("resnet50");
  });

  test.each(rows)("%s: the mean of the last ten epochs is reported", (_, preset) => {
    expect(atPaperScale(preset).run.evaluation.last).toBe(10);
  });

  test("has the student of each row alone, or after its teacher", () => {
    const order = (preset: Preset) =>
      Object.entries(atPaperScale(preset).stages).flatMap(([stage, { enabled }]) => (enabled ? [stage] : []));
    expect(rows.map(([name, preset]) => [name, order(preset)])).toEqual([
      ["baseline", ["student"]],
      ["snapmix", ["student"]],
      ["kd", ["teacher", "student"]],
      ["dkd", ["teacher", "student"]],
      ["dadkd", ["teacher", "student"]],
    ]);
  });
});

describe("dadkd", () => {
  test("is cited by the title that its paper has", async () => {
    const title =
      "Data Augmentation Guided Decouple Knowledge Distillation for Low-Resolution Fine-Grained Image Classification";
    for (const file of ["../../presets/dadkd.ts", "../../docs/papers/dadkd.md"]) {
      const text = await readFile(new URL(file, import.meta.url), "utf8");
      expect(text.replaceAll(/\s*\n(?: \*)?\s*/g, " "), file).toContain(`"${title}"`);
    }
  });

  test("weighs the soft loss to the hard one as 3 to 7, its two terms as 1 to 8, at temperature 3", () => {
    const student = optionsOf(dadkd, "student");
    expect(student["cross-entropy"]).toMatchObject({ weight: 0.7, smoothing: 0 });
    expect(student["decoupled-distillation"]).toEqual({
      temperature: 3,
      alpha: 1,
      beta: 8,
      weight: 0.3,
      warmupEpochs: 0,
      targets: "ternary",
    });
  });

  test("has one number for soft and hard, which leaves teacher and baseline as they are", () => {
    const half = configurePreset(dadkd, [
      { origin: "test", config: { options: { dadkd: { softShare: 0.2 } } } as Config },
    ]);
    expect(optionsOf(half, "student")).toMatchObject({
      "cross-entropy": { weight: 0.8 },
      "decoupled-distillation": { weight: 0.2 },
    });
    for (const stage of ["teacher", "baseline"])
      expect(optionsOf(half, stage)["cross-entropy"]).toMatchObject({ weight: 1 });
    for (const softShare of [-0.1, 1.1])
      expect(() => dadkd.configure?.({ softShare })).toThrow('option "softShare" must be between 0 and 1');
  });

  test("mixes every batch by the teacher's map with channel attention, Beta(5, 5)", () => {
    expect(optionsOf(dadkd, "student").snapmix).toMatchObject({
      alpha: 5,
      probability: 1,
      map: "teacher",
      mapMode: "eval",
      camWeights: "se-classifier",
      sameClass: "once",
    });
  });

  test("asks the teacher about the mixed images: its logits come after the mixing", () => {
    expect(entriesOf(dadkd, "student")).toEqual([
      "snapmix",
      "teacher-logits",
      "cross-entropy",
      "decoupled-distillation",
    ]);
  });

  test("teaches by the student's architecture, with a squeeze-excite head", () => {
    expect(atPaperScale(dadkd).run.models.teacher?.backbone).toEqual({ name: "resnet50", head: "squeeze-excite" });
  });

  test.each([kd, dkd, dadkd])("$name: the teacher itself learns by SnapMix and cross-entropy", (preset) => {
    expect(optionsOf(preset, "teacher").snapmix).toMatchObject({ map: "teacher", mapMode: "batch-statistics" });
    expect(entriesOf(preset, "teacher")).toEqual(["snapmix", "cross-entropy"]);
  });
});

describe("another student", () => {
  const asked: Config = { models: { student: { backbone: { name: "resnet18" }, weights: "imagenet" } } };
  const modelsOf = (preset: Preset, scale: "paper" | "demo", config: Config) =>
    resolveConfig(Object.keys(preset.stages), [
      ...presetLayers(preset),
      { origin: scale, config: preset.scales?.[scale] ?? {} },
      { origin: "--set", config },
    ]).run.models;

  test.each(["paper", "demo"] as const)(
    "at %s scale, is compared with itself: the baseline has its network and weights",
    (scale) => {
      const { student, baseline } = modelsOf(dadkd, scale, asked);
      expect(student).toMatchObject({ backbone: { name: "resnet18" }, weights: "imagenet" });
      expect(baseline).toEqual(student);
    },
  );

  test.each([kd, dkd, dadkd])("has a teacher of its own architecture and weights, $name", (preset) => {
    const { student, teacher } = modelsOf(preset, "paper", asked);
    expect(teacher).toMatchObject({ backbone: { name: "resnet18", head: "squeeze-excite" }, weights: "imagenet" });
    expect([teacher?.input?.size, student?.input?.size]).toEqual([undefined, 128]);
  });

  test.each([baseline, snapmix])(
    "alone, $name, gives its weights to no teacher, which nothing would train",
    (preset) => {
      const { student, teacher } = modelsOf(preset, "paper", asked);
      expect([student?.weights, teacher?.weights]).toEqual(["imagenet", null]);
    },
  );

  test("has the teacher that is named, with the weights that are named", () => {
    const backbone = { name: "resnet101", head: "squeeze-excite" } as const;
    const { teacher } = modelsOf(dadkd, "paper", { models: { ...asked.models, teacher: { backbone, weights: null } } });
    expect(teacher).toMatchObject({ backbone, weights: null });
  });
});

describe("the rows that dadkd is compared with", () => {
  test("baseline: cross-entropy and nothing else", () => {
    expect(entriesOf(baseline, "student")).toEqual(["cross-entropy"]);
    expect(optionsOf(baseline, "student")["cross-entropy"]).toEqual({
      smoothing: 0,
      token: "all",
      balance: "none",
      classWeights: null,
      beta: 0.999,
      weight: 1,
    });
  });

  test("snapmix: mixed by the student's own map, weighed by its classifier", () => {
    expect(optionsOf(snapmix, "student").snapmix).toMatchObject({
      map: "student",
      mapMode: "batch-statistics",
      camWeights: "classifier",
      alpha: 5,
      probability: 1,
    });
  });

  test("snapmix: counts a pair of one class twice, as its published code means to; dadkd and the teacher once", () => {
    expect(optionsOf(snapmix, "student").snapmix).toMatchObject({ sameClass: "official-double" });
    expect(optionsOf(dadkd, "student").snapmix).toMatchObject({ sameClass: "once" });
    expect(optionsOf(dadkd, "teacher").snapmix).toMatchObject({ sameClass: "once" });
  });

  test("kd: cross-entropy 0.1, soft loss 0.9, temperature 4, images not mixed", () => {
    expect(entriesOf(kd, "student")).toEqual(["teacher-logits", "cross-entropy", "logit-distillation"]);
    expect(optionsOf(kd, "student")["cross-entropy"]).toMatchObject({ weight: 0.1 });
    expect(optionsOf(kd, "student")["logit-distillation"]).toEqual({
      temperature: 4,
      weight: 0.9,
      measure: "teacher-first",
    });
  });

  test("dkd: cross-entropy 1, alpha 1, beta 8, temperature 4, 20 epochs of warm-up, images not mixed", () => {
    expect(entriesOf(dkd, "student")).toEqual(["teacher-logits", "cross-entropy", "decoupled-distillation"]);
    expect(optionsOf(dkd, "student")["cross-entropy"]).toMatchObject({ weight: 1 });
    expect(optionsOf(dkd, "student")["decoupled-distillation"]).toMatchObject({
      temperature: 4,
      alpha: 1,
      beta: 8,
      warmupEpochs: 20,
      weight: 1,
    });
  });
});
