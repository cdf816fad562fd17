// teach.ts
import { definePreset } from "../../../../core/index.js";
import { catalogue } from "../../../../plugins/index.js";

export const teach = definePreset({
  name: "teach",
  summary: "a wide teacher, then a narrow student",
  plugins: [catalogue()],
  stages: {
    teacher: {
      trains: "teacher",
      losses: [{ name: "cross-entropy" }],
      settings: { optimizer: { learningRate: 0.05 } },
    },
    student: {
      trains: "student",
      teachers: [{ name: "teacher-logits" }],
      losses: [
        { name: "cross-entropy", weight: 0.5 },
        { name: "logit-distillation", temperature: 4, weight: 0.5 },
      ],
    },
  },
  defaults: {
    epochs: 2,
    batchSize: 4,
    data: { name: "birds", classes: 2, train: 4, test: 2 },
    input: { resize: 36, crop: 32 },
    models: {
      teacher: { backbone: { name: "resnet", depths: [1, 1], widths: [16, 32] } },
      student: { backbone: { name: "resnet", depths: [1, 1], widths: [4, 8] } },
    },
  },
});