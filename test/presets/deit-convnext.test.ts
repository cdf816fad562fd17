import { describe, expect, test } from "vitest";
import { configurePreset, type Preset, presetLayers, resolveConfig } from "../../core/index.js";
import { deitConvnext } from "../../presets/index.js";

/** The preset as `--set options.deit-convnext.…` makes it. */
function withOptions(options: object): Preset {
  return configurePreset(deitConvnext, [
    { origin: "test", config: { options: { "deit-convnext": options } } as object },
  ]);
}

/** What its stages are told at paper scale. */
function settingsOf(options: object) {
  const preset = withOptions(options);
  const { stages, run } = resolveConfig(Object.keys(preset.stages), presetLayers(preset));
  return { preset, stages, models: run.models };
}

const stagesOf = (options: object) =>
  Object.entries(withOptions(options).stages).map(([name, { trains }]) => `${name} trains ${trains}`);

describe("the rows of the report's table", () => {
  test("are all there, in three parts", () => {
    const parts = Object.keys(deitConvnext.variants ?? {}).map((name) => name[0]);
    expect(["a", "b", "c"].map((part) => parts.filter((found) => found === part).length)).toEqual([4, 10, 3]);
  });

  test.each([
    { variant: "b1", stages: ["teacher trains teacher"] },
    { variant: "b3", stages: ["alone trains student"] },
    { variant: "b4", stages: ["alone trains student"] },
    { variant: "b6", stages: ["teacher trains teacher", "student trains student"] },
    { variant: "b7", stages: ["teacher trains teacher", "alone trains student", "student trains student"] },
  ])("$variant has the stages that it names", ({ variant, stages }) => {
    expect(stagesOf({ variant })).toEqual(stages);
  });

  test("name the networks: BiT in b8 to b10, a plain transformer where there is no token, a large ConvNeXt in a2", () => {
    const backbone = (variant: string, role: string) => settingsOf({ variant }).models[role]?.backbone.name;
    expect(backbone("b9", "teacher")).toBe("resnetv2_50x1_bit");
    expect(backbone("b2", "student")).toBe("deit_base_patch16_384");
    expect(backbone("b4", "student")).toBe("deit_base_distilled_patch16_384");
    expect(backbone("a2", "teacher")).toBe("convnext_large");
  });

  test("a2 sees 224 pixels, the middle of 256, and starts from no weights", () => {
    const { preset, stages } = settingsOf({ variant: "a2" });
    expect(stages.teacher?.input).toMatchObject({ resize: 256, crop: 224 });
    expect(stages.teacher?.input.transforms?.test?.[0]).toMatchObject({ fit: "shorter" });
    expect(preset.pretrained).toEqual([]);
  });

  test("FoodX-251 takes 30 epochs, the others 60", () => {
    expect(settingsOf({ variant: "c1" }).stages.teacher?.epochs).toBe(30);
    expect(settingsOf({ variant: "a1" }).stages.teacher?.epochs).toBe(60);
  });
});

test("without a variant, a student that starts afresh is compared with another that learns alone", () => {
  expect(stagesOf({ start: "imagenet" })).toEqual([
    "teacher trains teacher",
    "alone trains baseline",
    "student trains student",
  ]);
});

describe("distillation", () => {
  const lossesOf = (options: object) => settingsOf(options).stages.student?.losses;

  test("smooths the labels alone, and halves go to each side", () => {
    expect(lossesOf({})).toEqual([
      { name: "cross-entropy", smoothing: 0.1, token: "class", weight: 0.5 },
      { name: "token-distillation", kind: "hard", weight: 0.5 },
    ]);
  });

  test("is soft at temperature 3 by images, and in parity at 1 by elements, as the official code has it", () => {
    const soft = (form: string) => lossesOf({ distillation: "soft", form })?.[1];
    expect(soft("own")).toMatchObject({ kind: "soft", temperature: 3, reduction: "batch" });
    expect(soft("parity")).toMatchObject({ kind: "soft", temperature: 1, reduction: "elements" });
  });

  test("shows BiT images in its own statistics, and in parity the student's", () => {
    const input = (form: string) => settingsOf({ variant: "b9", form }).models.teacher?.input;
    expect(input("own")).toEqual({ mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] });
    expect(input("parity")).toBeUndefined();
  });
});

describe("the recipes", () => {
  test("in parity are the repositories' defaults", () => {
    const { stages } = settingsOf({ variant: "b6", form: "parity" });
    expect(stages.student?.optimizer).toMatchObject({
      learningRate: 1.5625e-5,
      weightDecay: 0.05,
      schedule: { warmupEpochs: 5, warmupStart: 1e-6, minimum: 1e-5, lag: 1 },
    });
    expect(stages.teacher?.optimizer).toMatchObject({
      learningRate: 4e-3,
      schedule: { per: "step", warmupEpochs: 20, minimum: 1e-6 },
    });
    expect(stages.teacher?.augmenters.map(({ name }) => name)).toEqual(["mixup-cutmix"]);
  });

  test("of our own fine-tune a ConvNeXt layer by layer, without mixing, and transformers' heads faster", () => {
    const { stages } = settingsOf({ recipe: "deit" });
    expect(stages.teacher?.optimizer.learningRate).toBeCloseTo(8.8388e-6, 9);
    expect(stages.teacher?.optimizer.groups).toContainEqual({ name: "layer-decay", rate: 0.7 });
    expect(stages.teacher?.augmenters).toEqual([]);
    expect(stages.alone?.optimizer).toMatchObject({ learningRate: 1.6e-5, newLayersFactor: 10 });
  });

  test("test transformers on the middle of 438 pixels, ConvNeXts on the whole, warped", () => {
    const { stages } = settingsOf({ recipe: "deit" });
    const testsOf = (stage: string) => [stages[stage]?.input.resize, stages[stage]?.input.transforms?.test?.[0]];
    expect(testsOf("alone")).toEqual([438, { name: "resize", fit: "shorter", interpolation: "bicubic" }]);
    expect(testsOf("teacher")).toEqual([384, { name: "resize", fit: "warp", interpolation: "bicubic" }]);
  });
});

describe("the demo", () => {
  const demoOf = (options: object) => withOptions(options).scales?.demo;

  test.each([
    { options: {}, teacher: "bit" },
    { options: { teacher: "convnext" }, teacher: "convnext" },
    { options: { variant: "b7" }, teacher: "convnext" },
    { options: { variant: "b10" }, teacher: "bit" },
    { options: { variant: "b10", teacher: "convnext" }, teacher: "convnext" },
  ])("of $options has a small $teacher for a teacher", ({ options, teacher }) => {
    expect(demoOf(options)?.models?.teacher?.backbone?.name).toBe(teacher);
  });

  test("mixes more of its teacher's batches than of its student's, and none where the recipe does not mix", () => {
    const { stages } = resolveConfig(
      ["teacher", "alone", "student"],
      [...presetLayers(withOptions({})), { origin: "demo", config: demoOf({}) ?? {} }],
    );
    const mixing = (stage: string) => [stages[stage]?.augmenters.length, stages[stage]?.options["mixup-cutmix"]];
    expect(mixing("teacher")).toEqual([1, { probability: 0.5 }]);
    expect(mixing("student")).toEqual([1, { probability: 0.2 }]);
    expect(mixing("alone")).toEqual([0, undefined]);
  });
});
