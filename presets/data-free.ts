/** Distillation without data as one loop, whose weights make the methods: a generator and a student in turns. */
import {
  alternate,
  type Config,
  definePreset,
  type PluginOption,
  type Preset,
  type Scale,
  sequence,
} from "../core/index.js";
import { resnet, vgg } from "../plugins/backbones/index.js";
import { sources } from "../plugins/data/index.js";
import { engines } from "../plugins/engines/index.js";
import { generatedImages, generators, type NoiseOptions, noise } from "../plugins/generators/index.js";
import {
  batchNormStatistics,
  type ClassPriorsOptions,
  classPriors,
  crossEntropy,
  type DisagreementOptions,
  disagreement,
} from "../plugins/losses/index.js";
import { endAfter, generatorHealth } from "../plugins/observers/index.js";
import { optimizers } from "../plugins/optimizers/index.js";
import { type JudgesOptions, judges } from "../plugins/teachers/index.js";

/** A method in its loop. */
export interface DataFreeMethod extends Pick<Preset, "name" | "summary"> {
  /** What the generator is taught by. */
  readonly generator: {
    /** Weight of the distance of batch-norm statistics. */
    readonly statistics: number;
    readonly priors?: ClassPriorsOptions;
    readonly disagreement: DisagreementOptions;
    readonly judges?: JudgesOptions;
    readonly noise?: NoiseOptions;
  };
  /** What the student is taught by, on generated images. */
  readonly student: readonly PluginOption[];
  readonly defaults: Config;
  readonly scales: Readonly<Record<Scale, Config>>;
}

/**
 * The teacher with data, unless there is one; then steps of generator and student in turns, as `stages.<name>.turn` says,
 * without any. A warm-up of the generator alone can come before (`stages.warmup.enabled`).
 */
export function dataFreePreset({ name, summary, generator, student, defaults, scales }: DataFreeMethod): Preset {
  return definePreset({
    name,
    summary,
    plugins: [engines(), sources(), optimizers(), resnet(), vgg(), generators()],
    stages: {
      teacher: { trains: "teacher", title: "teacher, with data", plugins: [crossEntropy()] },
      // Images that look real to the teacher, before a student takes part. None of the papers has it.
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
        plugins: [
          noise(generator.noise),
          judges(generator.judges),
          batchNormStatistics({ weight: generator.statistics }),
          classPriors(generator.priors),
          disagreement(generator.disagreement),
          generatorHealth(),
        ],
      },
      student: {
        trains: "student",
        title: "student, without data",
        data: "none",
        plugins: [noise(), generatedImages(), student],
      },
    },
    defaults,
    scales,
    schedule: ({ teacher, warmup, generator, student }, settings) =>
      sequence(teacher, warmup, alternate([generator, settings.generator.turn], [student, settings.student.turn])),
  });
}

/** How generators are trained. */
export const adam = {
  name: "adam",
  learningRate: 0.001,
  beta1: 0.5,
  weightDecay: 0,
  schedule: { name: "constant" },
} as const;

/** The demo's. */
export const fastAdam = { ...adam, learningRate: 0.002 };

/** A ResNet of four basic blocks without the first pool: maps of 16, 8, 4 and 2 at 32 px. */
const smallNetwork = {
  name: "resnet",
  block: "basic",
  depths: [1, 1, 1, 1],
  widths: [32, 64, 128, 256],
  stem: { pool: false },
  zeroInitResidual: true,
} as const;

export const demoNoise = { noise: { size: 100 } };

/** What the demos share: 32 px, small networks, 14 epochs of 80 steps of the student; minutes on two cores. */
export const demoSettings: Config = {
  epochs: 14,
  batchSize: 32,
  data: { name: "birds", classes: 6, train: 50, test: 50, size: 0.8 },
  input: { resize: 37, pad: 0, crop: 32, flip: 0.5 },
  optimizer: { name: "sgd", learningRate: 0.05, momentum: 0.9, weightDecay: 5e-4 },
  models: { teacher: { backbone: smallNetwork }, student: { backbone: smallNetwork } },
};

/** The demos' teacher. */
export const demoTeacher = {
  epochs: 40,
  optimizer: { nesterov: true },
  evaluation: { every: 10, last: 3 },
} as const;
