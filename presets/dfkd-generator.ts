/** Data-free distillation: a generator with spatial attention, and a student that never sees an image. */
import { type Config, definePresetWithOptions, describeOptions } from "../core/index.js";
import { adam, dataFreePreset, demoNoise, demoSettings, demoTeacher, fastAdam } from "./data-free.js";
import {
  type DfkdGeneratorOptions,
  dfkdGeneratorSchema,
  type Settlement,
  settlements,
} from "./dfkd-generator-recipes.js";

const name = "dfkd-generator";
const summary = "distillation without data: attention generator, attention distillation, semantic contrast";

/** Of birds and cars the authors' loader shows the teacher parts of any size; of aircraft, as usual, a crop of the middle size. */
const parts: Config = {
  input: { transforms: { train: [{ name: "resize" }, { name: "random-resized-crop" }, { name: "flip" }] } },
};

/** "Data-free Knowledge Distillation for Fine-grained Visual Categorization", ICCV 2023. */
export const dfkdGenerator = definePresetWithOptions<DfkdGeneratorOptions>({
  name,
  summary,
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
    // ResNet-34 teaches ResNet-18 at 224 px; 50 rounds an epoch of 20 steps of the generator and 15 of the student.
    defaults: {
      epochs: 200,
      batchSize: 64,
      data: { name: "birds" },
      input: { resize: 256, crop: 224, flip: 0.5 },
      optimizer: {
        name: "sgd",
        learningRate: 0.01,
        momentum: 0.9,
        weightDecay: 5e-4,
        schedule: { name: "cosine" },
      },
      models: {
        teacher: { backbone: { name: "resnet34" } },
        student: { backbone: { name: "resnet18" } },
        generator: { backbone: { name: "attention-generator", range } },
      },
      evaluation: { last: 1 },
      stages: {
        teacher: { epochs: 100, evaluation: { every: 5 } },
        warmup: { enabled: false, stepsPerEpoch: 400, optimizer: { ...adam, beta2 }, evaluation: { every: 0 } },
        generator: { stepsPerEpoch: 1000, stepsPerTurn: 20, optimizer: { ...adam, beta2 }, evaluation: { every: 0 } },
        student: { stepsPerEpoch: 750, stepsPerTurn: 15 },
      },
    },
    sets: { cub: parts, cars: parts },
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
