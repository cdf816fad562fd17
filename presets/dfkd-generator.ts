/** Data-free distillation: a generator with spatial attention, and a student that never sees an image. */
import { alternate, definePreset, sequence } from "../core/index.js";
import { generators, resnet, vgg } from "../plugins/backbones/index.js";
import { sources } from "../plugins/data/index.js";
import {
  batchNormStatistics,
  classPriors,
  disagreement,
  endAfter,
  generatedImages,
  generatorHealth,
  judges,
  noise,
} from "../plugins/data-free/index.js";
import { engines } from "../plugins/engines/index.js";
import {
  attentionDistillation,
  crossEntropy,
  logitDistillation,
  semanticContrast,
  teacherFeatures,
} from "../plugins/losses/index.js";
import { optimizers } from "../plugins/optimizers/index.js";
import { dataFreeScales, dataFreeSettings } from "./data-free.js";

/** "Data-free Knowledge Distillation for Fine-grained Visual Categorization", ICCV 2023. */
export const dfkdGenerator = definePreset({
  name: "dfkd-generator",
  summary: "distillation without data: attention generator, attention distillation, semantic contrast",
  plugins: [engines(), sources(), optimizers(), resnet(), vgg(), generators()],
  stages: {
    teacher: { trains: "teacher", title: "teacher, with data", plugins: [crossEntropy()] },
    // Images that look real to the teacher, before a student takes part. The paper does without.
    warmup: {
      trains: "generator",
      title: "generator, warming up",
      data: "none",
      plugins: [
        noise(),
        judges({ student: null }),
        batchNormStatistics({ weight: 1 }),
        classPriors({ oneHot: 0.5, balance: 5 }),
        endAfter(),
        generatorHealth({ student: null }),
      ],
    },
    generator: {
      trains: "generator",
      title: "generator",
      data: "none",
      plugins: [noise(), judges(), batchNormStatistics(), classPriors(), disagreement(), generatorHealth()],
    },
    student: {
      trains: "student",
      title: "student, without data",
      data: "none",
      plugins: [
        noise(),
        generatedImages(),
        teacherFeatures(),
        logitDistillation({ temperature: 1 }),
        attentionDistillation(),
        semanticContrast(),
      ],
    },
  },
  defaults: dataFreeSettings,
  scales: dataFreeScales,
  schedule: ({ teacher, warmup, generator, student }, settings) =>
    sequence(teacher, warmup, alternate([generator, settings.generator.turn], [student, settings.student.turn])),
});
