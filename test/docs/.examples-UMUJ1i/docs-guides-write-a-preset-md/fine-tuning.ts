// fine-tuning.ts
import { definePreset } from "../../../../core/index.js";
import { catalogue } from "../../../../plugins/index.js";

export const fineTuning = definePreset({
  name: "fine-tuning",
  summary: "a ResNet-18 from public weights, CutMix and label smoothing",
  plugins: [catalogue()],
  stages: {
    student: {
      trains: "student",
      augmenters: [{ name: "cutmix", alpha: 1, probability: 0.5 }],
      losses: [{ name: "cross-entropy", smoothing: 0.1 }],
    },
  },
  defaults: {
    epochs: 40,
    batchSize: 32,
    data: { name: "birds" },
    input: { resize: 256, crop: 224 },
    models: { student: { backbone: { name: "resnet18" } } },
    optimizer: {
      name: "sgd",
      learningRate: 0.01,
      momentum: 0.9,
      weightDecay: 1e-4,
      newLayersFactor: 10,
      schedule: { name: "cosine", warmupEpochs: 2 },
    },
  },
  scales: {
    demo: {
      epochs: 10,
      input: { resize: 72, crop: 64 },
      models: { student: { backbone: { name: "resnet", depths: [1, 1, 1], widths: [16, 32, 64] } } },
    },
  },
});