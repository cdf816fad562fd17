/** The setting of DFKD-FGVC's experiments, which its own method and the methods in its table 1 share. */
import type { Config, Preset } from "../core/index.js";

/** ResNet-34 teaches ResNet-18 at 224 px. */
export const paperSettings: Config = {
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
  },
  evaluation: { last: 1 },
};

export const paperTeacher = { epochs: 100, evaluation: { every: 5 } } as const;

/** Of the student, in an epoch: fifty rounds of fifteen. */
export const paperSteps = 750;

/** Of birds and cars the authors' loader shows the teacher parts of any size; of aircraft, as usual, a crop of the middle size. */
const parts: Config = {
  input: { transforms: { train: [{ name: "resize" }, { name: "random-resized-crop" }, { name: "flip" }] } },
};

export const paperSets: Preset["sets"] = { cub: parts, cars: parts };
