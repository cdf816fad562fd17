/**
 * The methods that data-free distillation is compared with, as weights of its loop. Figures are those of their common
 * implementation in the code of "Contrastive Model Inversion for Data-Free Knowledge Distillation", 2021.
 */
import { z } from "zod";
import {
  type Config,
  definePresetWithOptions,
  describeOptions,
  type LossSettings,
  type OptionsOf,
} from "../core/index.js";
import type { NoiseOptions } from "../plugins/generators/index.js";
import type { ClassPriorsOptions, DisagreementOptions } from "../plugins/losses/index.js";
import { adam, dataFreePreset, demoNoise, demoSettings, demoTeacher, fastAdam } from "./data-free.js";
import { paperSets, paperSettings, paperSteps, paperTeacher } from "./data-free-paper.js";

/** A row of the table: what is left out weighs nothing. */
interface Row {
  readonly name: string;
  readonly summary: string;
  readonly statistics?: number;
  readonly priors?: ClassPriorsOptions;
  readonly disagreement?: DisagreementOptions;
  readonly noise?: NoiseOptions;
  /** Steps of generator and student, in turns. */
  readonly turns: readonly [generator: number, student: number];
  readonly student: LossSettings;
  /** How the generator works while it makes the student's images. Default: as in its own steps. */
  readonly generatorMode?: "train" | "eval";
  /** Of the student. */
  readonly learningRate?: number;
  /** The generator's, where it is not small; `noise` is how many numbers it takes. */
  readonly network?: { readonly noise?: number; readonly firstWidth?: number };
}

/** Figures that all of them share: SGD with cosine, 200 epochs of 400 steps, CIFAR's networks and images. */
const defaults: Config = {
  epochs: 200,
  batchSize: 256,
  data: { name: "birds" },
  input: { resize: 32, pad: 4, crop: 32, flip: 0.5 },
  optimizer: { name: "sgd", learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4, schedule: { name: "cosine" } },
  evaluation: { last: 1 },
};
const stem = { filters: 64, size: 3, stride: 1, pool: false } as const;
const never = { every: 0 } as const;
/** Of the generator. */
const large = { firstWidth: 256 } as const;

const schema = z.object({
  variant: z
    .enum(["table-1"])
    .nullable()
    .default(null)
    .describe(
      "table-1: the setting of DFKD-FGVC's table 1, in which it is compared: 224 px, networks for ImageNet, batches of 64; null: that of the methods' common code, at 32 px.",
    ),
});

export type DataFreeComparisonOptions = OptionsOf<typeof schema>;

const variants = { "table-1": "DFKD-FGVC's table 1: ResNet-34 teaches ResNet-18 at 224 px" };

/**
 * Stages of so many steps of the student an epoch, or a few more that turns may be whole, and as many of the generator as the turns make of them.
 */
function inTurns([generator, student]: Row["turns"], atLeast: number) {
  const turn = Math.min(student, atLeast);
  const steps = Math.ceil(atLeast / turn) * turn;
  return {
    generator: { stepsPerEpoch: (steps / student) * generator, stepsPerTurn: (turn / student) * generator },
    student: { stepsPerEpoch: steps, stepsPerTurn: turn },
  };
}

/** While images are made the student works by its running averages; where it has no say it is not asked. */
function row({ name, summary, statistics = 0, priors = {}, disagreement = { weight: 0 }, ...own }: Row) {
  const { noise = {}, network = {} } = own;
  const demo = inTurns(own.turns, 80);
  const method = (variant: "table-1" | null) => ({
    name,
    summary,
    generator: {
      statistics,
      priors,
      disagreement,
      noise,
      outputs: disagreement.weight === 0 ? { student: null } : ({ studentMode: "eval" } as const),
    },
    student: {
      teachers: [{ name: "teacher-logits" }],
      losses: [own.student],
      images: { generatorMode: own.generatorMode ?? "train" },
    } as const,
    ...(variant === null ? { defaults: ofTheirCode(own) } : { defaults: ofTableOne(own), sets: paperSets }),
    scales: {
      paper: {},
      demo: {
        ...demoSettings,
        models: {
          ...demoSettings.models,
          generator: { backbone: { name: "small-generator", ...network, noise: 100, width: 32, firstWidth: null } },
        },
        stages: {
          teacher: demoTeacher,
          warmup: { optimizer: fastAdam, options: demoNoise },
          generator: { ...demo.generator, optimizer: fastAdam, options: demoNoise },
          student: { ...demo.student, options: demoNoise, evaluation: { every: 2 } },
        },
      },
    } as const,
  });
  return definePresetWithOptions<DataFreeComparisonOptions>({
    name,
    summary,
    variants,
    ...describeOptions(`preset ${name}`, schema),
    create: ({ variant }) => dataFreePreset(method(variant)),
  });
}

type Own = Omit<Row, "name" | "summary">;

/** At 32 px, as the code that has them all. */
function ofTheirCode({ turns, network = {}, learningRate = 0.1 }: Own): Config {
  const { generator, student } = inTurns(turns, 400);
  return {
    ...defaults,
    models: {
      teacher: { backbone: { name: "resnet34", stem } },
      student: { backbone: { name: "resnet18", stem } },
      generator: { backbone: { name: "small-generator", ...network } },
    },
    stages: stagesOf(network, generator, { ...student, optimizer: { learningRate } }, { evaluation: { every: 5 } }),
  };
}

/**
 * As DFKD-FGVC compares them: its images, networks, batches, optimisers and budget, the weights and turns of each method. Which generator they
 * had is not said; here it is the paper's own without its attention, for one of small images has a hundred million weights at 224 px.
 */
function ofTableOne({ turns, network = {} }: Own): Config {
  const { generator, student } = inTurns(turns, paperSteps);
  const backbone = { name: "attention-generator", noise: network.noise ?? 256, attentionWeight: 0 } as const;
  return {
    ...paperSettings,
    models: { ...paperSettings.models, generator: { backbone } },
    stages: stagesOf(network, generator, student, paperTeacher),
  };
}

function stagesOf(network: NonNullable<Row["network"]>, generator: object, student: object, teacher: object) {
  const made = { optimizer: adam, options: { noise: { size: network.noise ?? 256 } } };
  return {
    teacher,
    warmup: { enabled: false, stepsPerEpoch: 400, ...made, evaluation: never },
    generator: { ...generator, ...made, evaluation: never },
    student: { ...student, options: made.options },
  };
}

/** "Data-Free Learning of Student Networks", ICCV 2019. */
export const dafl = row({
  name: "dafl",
  summary: "distillation without data: images that are clear to the teacher, of all classes, of strong features",
  priors: { oneHot: 1, balance: 20, activation: 0.001 },
  turns: [1, 5],
  student: { name: "logit-distillation", temperature: 1 },
  generatorMode: "eval",
  network: { ...large, noise: 512 },
});

/** "Zero-shot Knowledge Transfer via Adversarial Belief Matching", NeurIPS 2019; its attention term is not part of it here. */
export const zskt = row({
  name: "zskt",
  summary: "distillation without data: images on which teacher and student disagree",
  disagreement: { weight: 1 },
  turns: [1, 5],
  student: { name: "logit-distillation", temperature: 1 },
  generatorMode: "eval",
  network: large,
});

/** "Data-Free Adversarial Distillation", 2019. */
export const dfad = row({
  name: "dfad",
  summary: "distillation without data: images on which the logits of teacher and student differ",
  disagreement: { weight: 1, measure: "l1" },
  turns: [1, 5],
  student: { name: "logit-distillation", measure: "l1" },
  generatorMode: "eval",
  network: large,
});

/** "Data-Free Network Quantization with Adversarial Knowledge Distillation", CVPR workshops 2020. */
export const dfq = row({
  name: "dfq",
  summary: "distillation without data: disagreement, batch-norm statistics, clear images of all classes",
  statistics: 1,
  priors: { oneHot: 1, balance: 20 },
  disagreement: { weight: 1 },
  turns: [1, 10],
  student: { name: "logit-distillation", temperature: 1 },
  generatorMode: "eval",
  learningRate: 0.05,
  network: large,
});

/**
 * "Contrastive Model Inversion for Data-Free Knowledge Distillation", IJCAI 2021, without its contrast: the terms of its
 * inversion, 200 steps on one batch of noise and drawn classes. docs/papers/dfkd-generator.md says what is missing.
 */
export const cmi = row({
  name: "cmi",
  summary: "distillation without data: images of drawn classes, inverted batch by batch (no contrast)",
  statistics: 1,
  priors: { oneHot: 0.5, targets: "labels" },
  disagreement: { weight: 0.5, agreedOnly: true },
  noise: { hold: 200, labels: true },
  turns: [200, 400],
  student: { name: "logit-distillation", temperature: 20 },
});
