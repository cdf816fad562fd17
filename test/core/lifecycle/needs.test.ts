import { describe, expect, test } from "vitest";
import { type Config, createRun, type Preset } from "../../../core/index.js";
import { catalogue, definedNothing } from "./needs-support.js";

const preset = (stage: Partial<Preset["stages"][string]>, config: Config = {}): Preset => ({
  name: "needy",
  summary: "",
  plugins: [catalogue()],
  stages: { student: { trains: "student", ...stage } },
  defaults: { models: { student: { backbone: { name: "resnet18" } } }, data: { name: "birds" }, ...config },
});

/** Composes and opens; nothing is computed. */
async function refusal(given: Preset): Promise<string> {
  try {
    await (await createRun({ preset: given })).close();
  } catch (error) {
    return (error as Error).message;
  }
  return "composed";
}

describe("before anything runs a stage is refused", () => {
  test("that distils without a teacher's signal, with the lines that would give one", async () => {
    expect(await refusal(preset({ losses: [{ name: "logit-distillation" }] }))).toBe(
      'FGKD_MISSING_FIELD [losses › logit-distillation] needs "teacherLogits", which nothing in stage "student" sets. Add teachers: [{ name: "teacher-logits" }] or teachers: [{ name: "teacher-features" }] to the stage, before it.',
    );
  });

  test("whose teacher is a role that the run does not have", async () => {
    const stage = { teachers: [{ name: "teacher-logits" as const, teacher: "techer" }] };
    const models = { teacher: { backbone: { name: "resnet18" as const } } };
    expect(await refusal(preset(stage, { models }))).toContain('no model role is registered as "techer"');
  });

  test("that mixes images where there are none: its data are made by nobody", async () => {
    expect(await refusal(preset({ data: "none", augmenters: [{ name: "cutmix" }] }))).toContain(
      '[augmenters › cutmix] needs "images", which nothing in stage "student" sets',
    );
  });
});

describe("a stage is composed", () => {
  test("whose signals are listed, or set by a plugin that says so", async () => {
    const losses = [{ name: "logit-distillation" as const }];
    const models = { teacher: { backbone: { name: "resnet18" as const } } };
    const { stages, ...others } = preset({ teachers: [{ name: "teacher-logits" }], losses }, { models });
    expect(await refusal({ ...others, stages: { teacher: { trains: "teacher" }, ...stages } })).toBe("composed");
    const silent = definedNothing(["teacherLogits"]);
    expect(await refusal(preset({ plugins: [silent], losses }))).toBe("composed");
  });

  test("whose loss weighs nothing: what that needs may be missing", async () => {
    expect(await refusal(preset({ losses: [{ name: "logit-distillation", weight: 0 }] }))).toBe("composed");
  });

  test("where a plugin taps batches without a word on what it sets: it may set anything", async () => {
    const losses = [{ name: "logit-distillation" as const }];
    expect(await refusal(preset({ plugins: [definedNothing()], losses }))).toBe("composed");
  });
});
