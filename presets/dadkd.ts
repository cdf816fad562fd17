/** DADKD: a low-resolution student, SnapMix with channel attention, decoupled distillation. */
import { definePresetWithOptions, describeOptions } from "../core/index.js";
import { choices, fewClasses, paperSettings, scales, sets, teacherStage } from "./low-resolution.js";
import { type DadkdOptions, dadkdSchema, settlements } from "./low-resolution-recipes.js";
import { dadkdFigures, dadkdTables } from "./tables/dadkd.js";

/**
 * "Data Augmentation Guided Decouple Knowledge Distillation for Low-Resolution Fine-Grained Image Classification" (anonymous
 * submission, 2024).
 */
export const dadkd = definePresetWithOptions<DadkdOptions>({
  name: "dadkd",
  summary: "low-resolution student, SnapMix with channel attention, decoupled distillation",
  tables: dadkdTables,
  figures: dadkdFigures,
  ...describeOptions("preset dadkd", dadkdSchema),
  create: ({ recipe, softShare }) => {
    const { camWeights, sameClass, targets, warmupEpochs } = settlements[recipe];
    const settings = paperSettings(recipe);
    return {
      plugins: choices,
      pretrained: ["teacher", "student", "baseline"],
      stages: {
        teacher: teacherStage(recipe),
        // The row that shows what the method is worth: on at demo scale, where it costs little.
        baseline: { trains: "baseline", title: "student alone", losses: [{ name: "cross-entropy" }] },
        student: {
          trains: "student",
          title: "student with DADKD",
          augmenters: [{ name: "snapmix", map: "teacher", camWeights, sameClass }],
          teachers: [{ name: "teacher-logits" }],
          losses: [
            { name: "cross-entropy", weight: 1 - softShare },
            {
              name: "decoupled-distillation",
              temperature: 3,
              alpha: 1,
              beta: 8,
              targets,
              warmupEpochs,
              weight: softShare,
            },
          ],
        },
      },
      defaults: {
        ...settings,
        models: { ...settings.models, baseline: { like: "student" } },
        stages: { baseline: { enabled: false } },
      },
      sets,
      scales: {
        ...scales,
        demo: {
          ...scales.demo,
          stages: {
            ...scales.demo.stages,
            baseline: { enabled: true },
            student: { options: { ...fewClasses, snapmix: { probability: 0.2 } } },
          },
        },
      },
    };
  },
});
