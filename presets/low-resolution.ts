/** What `dadkd` and the rows it is compared with share: the paper's settings, the demo's, and the teacher's stage. */

import type { Backbones, Choice, Config, PluginOption, Preset, Scale, Stage } from "../core/index.js";
import { catalogue } from "../plugins/index.js";
import { type LowResolutionRecipe, settlements } from "./low-resolution-recipes.js";

/** All that a stage may choose from by name. */
export const choices: readonly PluginOption[] = [catalogue()];

/** Of whichever backbone the student has. */
const gated = { head: "squeeze-excite" } as Choice<Backbones>;

/** ResNet-50 at 448 px teaches ResNet-50 at 128 px (paper, section 4; what it leaves open, and what its words contradict, by recipe). */
export function paperSettings(recipe: LowResolutionRecipe): Config {
  const { newLayersFactor, resize, schedule } = settlements[recipe];
  return {
    epochs: 200,
    batchSize: 16,
    data: { name: "birds" },
    input: { resize, crop: 448, flip: 0.5 },
    optimizer: {
      name: "sgd",
      learningRate: 0.001,
      momentum: 0.9,
      nesterov: true,
      weightDecay: 1e-4,
      newLayersFactor,
      schedule,
    },
    // One backbone for all: what is said of the student holds for its teacher, which sees all pixels.
    models: {
      teacher: { like: "student", backbone: gated, input: {} },
      student: { backbone: { name: "resnet50" }, input: { size: 128 } },
    },
    evaluation: { last: 10 },
  };
}

/** Cars and aircraft are wide: SnapMix's code makes squares of them, and of other pictures takes the middle. */
export const sets: Preset["sets"] = { cars: { input: { fit: "warp" } }, aircraft: { input: { fit: "warp" } } };

/**
 * A ResNet of four basic blocks. Their last scales do not start at 0: with one block a stage the shortcuts alone, which
 * skip most positions, would be all that the first steps learn from.
 */
const smallNetwork = {
  name: "resnet",
  block: "basic",
  depths: [1, 1, 1, 1],
  widths: [16, 32, 64, 128],
  stem: { filters: 32 },
  zeroInitResidual: false,
} as const;

/** `demo`: six kinds of birds, 96 px for the teacher and 32 px for the student, minutes on two cores. */
export const scales: Readonly<Record<Scale, Config>> = {
  paper: {},
  demo: {
    epochs: 40,
    batchSize: 16,
    data: { name: "birds", classes: 6, train: 50, test: 50, size: 0.8 },
    input: { resize: 110, crop: 96, flip: 0.5 },
    optimizer: {
      name: "sgd",
      learningRate: 0.05,
      momentum: 0.9,
      nesterov: true,
      weightDecay: 5e-4,
      newLayersFactor: 1,
      schedule: { name: "cosine" },
    },
    models: { student: { backbone: smallNetwork, input: { size: 32 } } },
    evaluation: { every: 10, last: 3 },
    // At high resolution half the epochs are enough.
    stages: { teacher: { epochs: 20, options: { snapmix: { probability: 0.25 } } } },
  },
};

/** Options for the demo's six classes: of four non-target classes there is little to tell, and small networks underfit. */
export const fewClasses = { "decoupled-distillation": { beta: 1 } };

/** The teacher learns at high resolution, mixed by what it sees itself. */
export function teacherStage(recipe: LowResolutionRecipe): Stage {
  const { camWeights, sameClass } = settlements[recipe];
  return {
    trains: "teacher",
    title: "teacher, high resolution",
    augmenters: [{ name: "snapmix", map: "teacher", mapMode: "batch-statistics", camWeights, sameClass }],
    losses: [{ name: "cross-entropy" }],
  };
}
