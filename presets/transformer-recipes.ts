/** How transformers and ConvNeXts are fine-tuned: as the two official repositories do by default, and as we would. */
import type { Config, Stage, StageOverrides } from "../core/index.js";

/** `own`: settings that suit batches of 16 and few epochs. `parity`: the repositories' defaults, word for word. */
export type Form = "own" | "parity";

/** What a recipe says of a stage. */
export type Recipe = Pick<Stage, "augmenters"> & { readonly settings: StageOverrides; readonly smoothing: number };

/** Images per update in the report, on one device. */
const batch = 16;

type Line = { readonly name: string } & Readonly<Record<string, unknown>>;

const trainTransforms: readonly Line[] = [
  { name: "random-resized-crop", scale: [0.08, 1], ratio: [3 / 4, 4 / 3], interpolation: "bicubic" },
  { name: "flip" },
  { name: "rand-augment" },
  { name: "random-erasing" },
];

/** @param fit of tests: with `warp` nothing is cut off */
function input(resize: number, fit: "shorter" | "warp", crop = 384): Config["input"] {
  const test: readonly Line[] = [{ name: "resize", fit, interpolation: "bicubic" }, { name: "center-crop" }];
  return { resize, crop, flip: 0.5, transforms: { train: trainTransforms, test } };
}

/** MixUp or CutMix, every batch. */
export const mixed: Stage["augmenters"] = [
  { name: "mixup-cutmix", mixupAlpha: 0.8, cutmixAlpha: 1, switchProbability: 0.5 },
];

/** Norms, biases and what is added to tokens do not decay. */
const noDecay = { name: "no-decay", rank: 1, names: ["cls_token", "dist_token", "pos_embed"] } as const;

/** "DeiT-B": the defaults of the official repository, whose script sets the rate an epoch late; or ours. */
export function deitRecipe(form: Form): Recipe {
  const own = form === "own";
  return {
    smoothing: 0.1,
    augmenters: mixed,
    settings: {
      input: input(438, "shorter"),
      optimizer: {
        name: "adamw",
        learningRate: own ? 1.6e-5 : (5e-4 * batch) / 512,
        weightDecay: 0.05,
        newLayersFactor: own ? 10 : 1,
        groups: [noDecay],
        schedule: own
          ? { name: "cosine", warmupEpochs: 5, minimum: 1e-6 }
          : { name: "cosine", warmupEpochs: 5, warmupStart: 1e-6, minimum: 1e-5, lag: 1 },
      },
    },
  };
}

/** The cosine begins when the warm-up is over. */
const late = { warmupEpochs: 20, warmupStart: 0, afterWarmup: true };

/**
 * "ConvNext": the defaults of the official repository, whose rate is meant for batches of 4096; or ours.
 *
 * @param size of the images, in pixels: below 384 its tests look at the middle of what is larger by 256 : 224
 */
export function convnextRecipe(form: Form, size = 384): Recipe {
  const own = form === "own";
  return {
    smoothing: 0.1,
    ...(!own && { augmenters: mixed }),
    settings: {
      input: size < 384 ? input(Math.trunc((size * 256) / 224), "shorter", size) : input(size, "warp", size),
      optimizer: {
        name: "adamw",
        learningRate: own ? 5e-5 * Math.sqrt(batch / 512) : 4e-3,
        weightDecay: own ? 1e-8 : 0.05,
        newLayersFactor: 1,
        groups: own ? [noDecay, { name: "layer-decay", rate: 0.7 }] : [noDecay],
        schedule: { name: "cosine", per: "step", minimum: 1e-6, ...(!own && late) },
      },
    },
  };
}
