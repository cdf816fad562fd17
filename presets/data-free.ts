/** Distillation without data as one loop, whose weights make the methods: a generator and a student in turns. */
import { alternate, type Config, definePreset, type Preset, type Scale, type Stage, sequence } from "../core/index.js";
import { type GeneratedImagesOptions, generatedImages, type NoiseOptions, noise } from "../plugins/generators/index.js";
import { catalogue } from "../plugins/index.js";
import type { ClassPriorsOptions, DisagreementOptions } from "../plugins/losses/index.js";
import { endAfter, generatorHealth } from "../plugins/observers/index.js";
import type { GeneratedOutputsOptions } from "../plugins/teachers/index.js";

/** A method in its loop. */
export interface DataFreeMethod extends Pick<Preset, "name" | "summary" | "tables"> {
  /** What the generator is taught by. */
  readonly generator: {
    /** Weight of the distance of batch-norm statistics. */
    readonly statistics: number;
    readonly priors?: ClassPriorsOptions;
    readonly disagreement: DisagreementOptions;
    readonly outputs?: GeneratedOutputsOptions;
    readonly noise?: NoiseOptions;
  };
  /** What the student is taught by, on generated images, and how these are made. */
  readonly student: Pick<Stage, "teachers" | "losses"> & { readonly images?: GeneratedImagesOptions };
  readonly defaults: Config;
  readonly sets?: Preset["sets"];
  readonly scales: Readonly<Record<Scale, Config>>;
}

/**
 * The teacher with data, unless there is one; then steps of generator and student in turns, as `stages.<name>.turn` says,
 * without any. A warm-up of the generator alone can come before (`stages.warmup.enabled`).
 */
export function dataFreePreset({ name, summary, tables, generator, student, ...settings }: DataFreeMethod): Preset {
  const { images, ...learning } = student;
  return definePreset({
    name,
    summary,
    ...(tables && { tables }),
    plugins: [catalogue()],
    stages: {
      teacher: { trains: "teacher", title: "teacher, with data", losses: [{ name: "cross-entropy" }] },
      // Images that look real to the teacher, before a student takes part. None of the papers has it.
      warmup: {
        trains: "generator",
        title: "generator, warming up",
        data: "none",
        plugins: [noise(), endAfter(), generatorHealth({ student: null })],
        teachers: [{ name: "generated-outputs", student: null }],
        losses: [
          { name: "batch-norm-statistics", weight: 1 },
          { name: "class-priors", oneHot: 0.5, balance: 5 },
        ],
      },
      generator: {
        trains: "generator",
        title: "generator",
        data: "none",
        plugins: [noise(generator.noise), generatorHealth()],
        teachers: [{ name: "generated-outputs", ...generator.outputs }],
        losses: [
          { name: "batch-norm-statistics", weight: generator.statistics },
          { name: "class-priors", ...generator.priors },
          { name: "disagreement", ...generator.disagreement },
        ],
      },
      student: {
        trains: "student",
        title: "student, without data",
        data: "none",
        plugins: [noise(), generatedImages(images)],
        ...learning,
      },
    },
    ...settings,
    schedule: ({ teacher, warmup, generator, student }, stages) =>
      sequence(
        teacher,
        warmup,
        alternate([generator, stages.generator.stepsPerTurn], [student, stages.student.stepsPerTurn]),
      ),
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
  // The usual crop, of whichever set.
  input: { resize: 37, pad: 0, crop: 32, flip: 0.5, transforms: { train: null } },
  optimizer: { name: "sgd", learningRate: 0.05, momentum: 0.9, weightDecay: 5e-4 },
  models: { teacher: { backbone: smallNetwork }, student: { backbone: smallNetwork } },
};

/** The demos' teacher. */
export const demoTeacher = {
  epochs: 40,
  optimizer: { nesterov: true },
  evaluation: { every: 10, last: 3 },
} as const;
