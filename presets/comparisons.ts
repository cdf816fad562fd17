/** The rows that the paper compares DADKD with (its tables 2 and 3). */
import { type Config, definePreset, definePresetWithOptions, describeOptions, type Stage } from "../core/index.js";
import { choices, fewClasses, paperSettings, scales, sets, teacherStage } from "./low-resolution.js";
import { type LowResolutionOptions, type LowResolutionRecipe, lowResolutionSchema } from "./low-resolution-recipes.js";

/** A student alone has no teacher's stage to say anything of. */
const { stages: _teacher, ...demo } = scales.demo;
const alone = { ...scales, demo };

/** A recipe for all rows may speak of a teacher; here none is trained, and it does not begin with the student's weights. */
function aloneSettings(recipe: LowResolutionRecipe): Config {
  const settings = paperSettings(recipe);
  return { ...settings, models: { ...settings.models, teacher: { ...settings.models?.teacher, weights: null } } };
}

/** A row: its student, behind a teacher where one is asked. */
interface Row {
  readonly name: string;
  readonly summary: string;
  readonly student: Omit<Stage, "trains">;
  /** Default: of a student alone. */
  readonly scales?: typeof scales;
}

function row({ name, summary, student, scales: taught }: Row) {
  return definePresetWithOptions<LowResolutionOptions>({
    name,
    summary,
    ...describeOptions(`preset ${name}`, lowResolutionSchema),
    create: ({ recipe }) => ({
      plugins: choices,
      pretrained: ["teacher", "student"],
      stages: {
        ...(taught && { teacher: teacherStage(recipe) }),
        student: { trains: "student", ...student },
      },
      defaults: taught ? paperSettings(recipe) : aloneSettings(recipe),
      sets,
      scales: taught ?? alone,
    }),
  });
}

/** The student alone, on low-resolution images, by cross-entropy. */
export const baseline = row({
  name: "baseline",
  summary: "the low-resolution student alone, cross-entropy",
  student: { losses: [{ name: "cross-entropy" }] },
});

/**
 * The student alone, mixed by its own class activation map; a pair of one class counts twice, as SnapMix's code means it. Without the
 * option `recipe`: under `options.snapmix` stand those of its augmenter.
 */
export const snapmixPreset = definePreset({
  name: "snapmix",
  summary: "the low-resolution student alone, SnapMix with its own map",
  plugins: choices,
  pretrained: ["teacher", "student"],
  stages: {
    student: {
      trains: "student",
      augmenters: [{ name: "snapmix", map: "student", mapMode: "batch-statistics", sameClass: "official-double" }],
      losses: [{ name: "cross-entropy" }],
    },
  },
  defaults: aloneSettings("settled"),
  sets,
  scales: alone,
});

/** Hinton's distillation from the high-resolution teacher, images not mixed. */
export const kd = row({
  name: "kd",
  summary: "low-resolution student, distilled from the high-resolution teacher's softened logits",
  student: {
    teachers: [{ name: "teacher-logits" }],
    losses: [
      { name: "cross-entropy", weight: 0.1 },
      { name: "logit-distillation", temperature: 4, weight: 0.9 },
    ],
  },
  scales,
});

/** Decoupled distillation from the high-resolution teacher, images not mixed. */
export const dkd = row({
  name: "dkd",
  summary: "low-resolution student, decoupled distillation from the high-resolution teacher",
  student: {
    teachers: [{ name: "teacher-logits" }],
    losses: [
      { name: "cross-entropy" },
      { name: "decoupled-distillation", temperature: 4, alpha: 1, beta: 8, warmupEpochs: 20 },
    ],
  },
  scales: { ...scales, demo: { ...scales.demo, options: fewClasses } },
});
