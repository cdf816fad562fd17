/** Where DADKD's text, the code that it builds on and what fgkd takes differ, for `dadkd` and the rows it is compared with. */
import { z } from "zod";
import type { OptionsOf } from "../core/index.js";
import type { SnapmixOptions } from "../plugins/augmenters/index.js";
import type { DecoupledDistillationOptions } from "../plugins/losses/index.js";
import { recipe } from "./recipe.js";

/** What a recipe decides. */
interface Settlement {
  /** The learning rate of layers without pretrained weights, relative to the others. */
  readonly newLayersFactor: number;
  /** Before the crop of 448 px. */
  readonly resize: number;
  readonly schedule: {
    readonly name: "step";
    readonly every?: number;
    readonly milestones?: readonly number[];
    readonly factor: number;
  };
  /** How channel attention enters the class activation map of `dadkd` and of every teacher. */
  readonly camWeights: NonNullable<SnapmixOptions["camWeights"]>;
  /** Pairs of one class, in `dadkd` and for every teacher. */
  readonly sameClass: NonNullable<SnapmixOptions["sameClass"]>;
  /** What the target part of the soft loss compares of a mixed image. */
  readonly targets: NonNullable<DecoupledDistillationOptions["targets"]>;
  /** Of the soft loss of `dadkd`, in epochs. */
  readonly warmupEpochs: number;
}

const settled: Settlement = {
  newLayersFactor: 10,
  resize: 512,
  schedule: { name: "step", every: 80, factor: 0.1 },
  camWeights: "se-classifier",
  sameClass: "once",
  targets: "ternary",
  warmupEpochs: 0,
};

/**
 * `official-code` is that of SnapMix and of decoupled distillation, where DADKD, whose own is not public, could have done the same.
 * docs/papers/dadkd.md has these lines as a table, and the reasons for what is settled.
 */
export const settlements = {
  settled,
  "paper-text": {
    ...settled,
    newLayersFactor: 1,
    resize: 448,
    camWeights: "se-only",
    targets: "pair",
  },
  "official-code": {
    ...settled,
    schedule: { name: "step", milestones: [80, 150, 180], factor: 0.1 },
    sameClass: "official-double",
    targets: "merged",
    warmupEpochs: 20,
  },
} as const satisfies Readonly<Record<string, Settlement>>;

export type LowResolutionRecipe = keyof typeof settlements;

export const lowResolutionSchema = z.object({ recipe });

export type LowResolutionOptions = OptionsOf<typeof lowResolutionSchema>;

export const dadkdSchema = lowResolutionSchema.extend({
  softShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe(
      "The soft loss's share of the student's: 0.3 is the paper's soft to hard of 3 to 7, of which its table 4 tries 0.2 to 0.5. The hard loss has the rest.",
    ),
});

export type DadkdOptions = OptionsOf<typeof dadkdSchema>;
