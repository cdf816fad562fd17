/** The rows that the paper compares DADKD with (its tables 2 and 3). */
import { definePreset } from "../core/index.js";
import { choices, fewClasses, paperSettings, scales, teacherStage } from "./low-resolution.js";

const shared = { plugins: choices, defaults: paperSettings, scales, pretrained: ["teacher", "student"] };

/** A student alone has no teacher's stage to say anything of. */
const { stages: _teacher, ...demo } = scales.demo;
const alone = { ...shared, scales: { ...scales, demo } };

/** The student alone, on low-resolution images, by cross-entropy. */
export const baseline = definePreset({
  ...alone,
  name: "baseline",
  summary: "the low-resolution student alone, cross-entropy",
  stages: { student: { trains: "student", losses: [{ name: "cross-entropy" }] } },
});

/** The student alone, mixed by its own class activation map; a pair of one class counts twice, as SnapMix's code means it. */
export const snapmixPreset = definePreset({
  ...alone,
  name: "snapmix",
  summary: "the low-resolution student alone, SnapMix with its own map",
  stages: {
    student: {
      trains: "student",
      augmenters: [{ name: "snapmix", map: "student", mapMode: "batch-statistics", sameClass: "official-double" }],
      losses: [{ name: "cross-entropy" }],
    },
  },
});

/** Hinton's distillation from the high-resolution teacher, images not mixed. */
export const kd = definePreset({
  ...shared,
  name: "kd",
  summary: "low-resolution student, distilled from the high-resolution teacher's softened logits",
  stages: {
    teacher: teacherStage,
    student: {
      trains: "student",
      teachers: [{ name: "teacher-logits" }],
      losses: [
        { name: "cross-entropy", weight: 0.1 },
        { name: "logit-distillation", temperature: 4, weight: 0.9 },
      ],
    },
  },
});

/** Decoupled distillation from the high-resolution teacher, images not mixed. */
export const dkd = definePreset({
  ...shared,
  name: "dkd",
  summary: "low-resolution student, decoupled distillation from the high-resolution teacher",
  scales: { ...scales, demo: { ...scales.demo, options: fewClasses } },
  stages: {
    teacher: teacherStage,
    student: {
      trains: "student",
      teachers: [{ name: "teacher-logits" }],
      losses: [
        { name: "cross-entropy" },
        { name: "decoupled-distillation", temperature: 4, alpha: 1, beta: 8, warmupEpochs: 20 },
      ],
    },
  },
});
