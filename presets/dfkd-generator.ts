/** Data-free distillation: a generator with spatial attention, and a student that never sees an image. */
import { definePresetWithOptions, describeOptions } from "../core/index.js";
import { adam, dataFreePreset, demoNoise, demoSettings, demoTeacher, fastAdam } from "./data-free.js";
import { paperSets, paperSettings, paperSteps, paperTeacher } from "./data-free-paper.js";
import {
  type DfkdGeneratorOptions,
  dfkdGeneratorSchema,
  type Settlement,
  settlements,
} from "./dfkd-generator-recipes.js";
import { dfkdGeneratorTables } from "./tables/dfkd-generator.js";

const name = "dfkd-generator";
const summary = "distillation without data: attention generator, attention distillation, semantic contrast";

/** "Data-free Knowledge Distillation for Fine-grained Visual Categorization", ICCV 2023. */
export const dfkdGenerator = definePresetWithOptions<DfkdGeneratorOptions>({
  name,
  summary,
  tables: dfkdGeneratorTables,
  ...describeOptions("preset dfkd-generator", dfkdGeneratorSchema),
  create: ({ recipe }) => method(settlements[recipe]),
});

function method({ measure, form, anchors, range, beta2 }: Settlement) {
  return dataFreePreset({
    name,
    summary,
    generator: { statistics: 0.3, disagreement: { weight: 1, measure } },
    student: {
      teachers: [{ name: "teacher-features" }],
      losses: [
        { name: "logit-distillation", temperature: 1, measure },
        { name: "attention-distillation", form },
        { name: "semantic-contrast", anchors },
      ],
    },
    // 50 rounds an epoch of 20 steps of the generator and 15 of the student.
    defaults: {
      ...paperSettings,
      models: { ...paperSettings.models, generator: { backbone: { name: "attention-generator", range } } },
      stages: {
        teacher: paperTeacher,
        warmup: { enabled: false, stepsPerEpoch: 400, optimizer: { ...adam, beta2 }, evaluation: { every: 0 } },
        generator: { stepsPerEpoch: 1000, stepsPerTurn: 20, optimizer: { ...adam, beta2 }, evaluation: { every: 0 } },
        student: { stepsPerEpoch: paperSteps, stepsPerTurn: 15 },
      },
    },
    sets: paperSets,
    scales: {
      paper: {},
      // A generator of half the width, warmed up, and kept to all classes alike; at γ = 8 the contrast of a batch with several
      // images of each class outweighs the rest.
      demo: {
        ...demoSettings,
        models: {
          ...demoSettings.models,
          generator: {
            backbone: { name: "attention-generator", range, size: 32, noise: 100, widths: [256, 128, 64, 32, 32] },
          },
        },
        stages: {
          teacher: demoTeacher,
          warmup: { enabled: true, optimizer: fastAdam, options: demoNoise },
          generator: {
            stepsPerEpoch: 20,
            stepsPerTurn: 1,
            optimizer: fastAdam,
            options: {
              ...demoNoise,
              "batch-norm-statistics": { weight: 1 },
              "class-priors": { oneHot: 0.5, balance: 5 },
            },
          },
          student: {
            stepsPerEpoch: 80,
            stepsPerTurn: 4,
            options: { ...demoNoise, "semantic-contrast": { weight: 1 } },
            evaluation: { every: 2 },
          },
        },
      },
    },
  });
}
