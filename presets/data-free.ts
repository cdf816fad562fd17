/** What `dfkd-generator` and the rows it is compared with share: the paper's settings, and the demo's. */
import type { Config, Scale } from "../core/index.js";

const adam = { name: "adam", learningRate: 0.001, beta1: 0.5, weightDecay: 0, schedule: { name: "constant" } } as const;

/** ResNet-34 teaches ResNet-18 at 224 px; 50 rounds an epoch of 20 steps of the generator and 15 of the student. */
export const dataFreeSettings: Config = {
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
    generator: { backbone: { name: "attention-generator" } },
  },
  evaluation: { last: 1 },
  stages: {
    teacher: { epochs: 100, evaluation: { every: 5 } },
    warmup: { enabled: false, stepsPerEpoch: 400, optimizer: adam, evaluation: { every: 0 } },
    generator: { stepsPerEpoch: 1000, turn: 20, optimizer: adam, evaluation: { every: 0 } },
    student: { stepsPerEpoch: 750, turn: 15 },
  },
};

/** A ResNet of four basic blocks without the first pool: maps of 16, 8, 4 and 2 at 32 px. */
const smallNetwork = {
  name: "resnet",
  block: "basic",
  depths: [1, 1, 1, 1],
  widths: [32, 64, 128, 256],
  stem: { pool: false },
  zeroInitResidual: true,
} as const;

const noiseSize = { noise: { size: 100 } };
const fast = { ...adam, learningRate: 0.002 };

/** `demo`: 32 px, generator of half the width; minutes on two cores. */
export const dataFreeScales: Readonly<Record<Scale, Config>> = {
  paper: {},
  demo: {
    epochs: 22,
    batchSize: 32,
    data: { name: "birds", classes: 6, train: 50, test: 50, size: 0.8 },
    input: { resize: 37, crop: 32, flip: 0.5 },
    optimizer: { name: "sgd", learningRate: 0.05, momentum: 0.9, weightDecay: 5e-4 },
    models: {
      teacher: { backbone: smallNetwork },
      student: { backbone: smallNetwork },
      generator: {
        backbone: { name: "attention-generator", size: 32, noise: 100, widths: [256, 128, 64, 32, 32] },
      },
    },
    stages: {
      teacher: { epochs: 40, optimizer: { nesterov: true }, evaluation: { every: 10, last: 3 } },
      warmup: { enabled: true, optimizer: fast, options: noiseSize },
      generator: {
        stepsPerEpoch: 20,
        turn: 1,
        optimizer: fast,
        options: {
          ...noiseSize,
          "batch-norm-statistics": { weight: 1 },
          "class-priors": { oneHot: 0.5, balance: 5 },
        },
      },
      student: { stepsPerEpoch: 80, turn: 4, options: noiseSize, evaluation: { every: 2 } },
    },
  },
};
