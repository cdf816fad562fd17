/** DADKD: a low-resolution student, SnapMix with channel attention, decoupled distillation. */
import { definePreset } from "../core/index.js";
import { choices, fewClasses, paperSettings, scales, teacherStage } from "./low-resolution.js";

/**
 * "Data Augmentation Guided Decouple Knowledge Distillation for Low-Resolution Fine-Grained Image Classification" (anonymous
 * submission, 2024).
 */
export const dadkd = definePreset({
  name: "dadkd",
  summary: "low-resolution student, SnapMix with channel attention, decoupled distillation",
  plugins: choices,
  pretrained: ["teacher", "student", "baseline"],
  stages: {
    teacher: teacherStage,
    // The row that shows what the method is worth: on at demo scale, where it costs little.
    baseline: { trains: "baseline", title: "student alone", losses: [{ name: "cross-entropy" }] },
    student: {
      trains: "student",
      title: "student with DADKD",
      augmenters: [{ name: "snapmix", map: "teacher", camWeights: "se-classifier" }],
      teachers: [{ name: "teacher-logits" }],
      losses: [
        { name: "cross-entropy", weight: 0.7 },
        { name: "decoupled-distillation", temperature: 3, alpha: 1, beta: 8, weight: 0.3 },
      ],
    },
  },
  defaults: {
    ...paperSettings,
    models: { ...paperSettings.models, baseline: paperSettings.models?.student },
    stages: { baseline: { enabled: false } },
  },
  scales: {
    ...scales,
    demo: {
      ...scales.demo,
      models: { ...scales.demo.models, baseline: scales.demo.models?.student },
      stages: {
        ...scales.demo.stages,
        baseline: { enabled: true },
        student: { options: { ...fewClasses, snapmix: { probability: 0.2 } } },
      },
    },
  },
});
