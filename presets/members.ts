/** What `or-ensemble` and the plain `ensemble` share: a stage for each member, the paper's settings, the demo's. */
import { z } from "zod";
import type { Backbones, Choice, Config, OptionsOf, Preset, Role, Stage } from "../core/index.js";
import { catalogue } from "../plugins/index.js";
import { ensembleMetrics } from "../plugins/observers/index.js";
import { type RecipeName, recipe } from "./recipe.js";

export const ensembleSchema = z.object({
  members: z.number().int().positive().default(5).describe("How many."),
  backbone: z
    .looseObject({ name: z.string().min(1) })
    .nullable()
    .default(null)
    .describe(
      "Of every member, { name: vgg16_bn } for example, with the paper's head unless it names another; null: what the scale says.",
    ),
  weights: z
    .string()
    .nullable()
    .default(null)
    .describe("A safetensors file that every member starts from; its head starts afresh. null: from scratch."),
  recipe,
  report: z
    .enum(["last", "best-on-validation", "best-on-test"])
    .nullable()
    .default(null)
    .describe(
      "The weights of each member that count, for the members after it and for results: of its last epoch; of its best epoch on validation images (data.validation splits some off); of its best epoch on the test images, which then say too much, as the paper's code does. null: as the recipe has it.",
    ),
});

/** What a recipe decides. docs/papers/or-ensemble.md has these lines as a table, and the reasons for what is settled. */
const settlements = {
  settled: { resize: 600, report: "last", weighting: "adaptive", deviation: "unbiased" },
  "paper-text": { resize: 448, report: "last", weighting: "fixed", deviation: "population" },
  "official-code": { resize: 600, report: "best-on-test", weighting: "adaptive", deviation: "unbiased" },
} as const satisfies Readonly<Record<RecipeName, object>>;

/** How the recipe computes the orthogonal loss. */
export function orthogonality(recipe: RecipeName) {
  const { weighting, deviation } = settlements[recipe];
  return { weighting, deviation };
}

const reports: Readonly<Record<NonNullable<EnsembleOptions["report"]>, Config>> = {
  last: {},
  "best-on-validation": { export: "best", evaluation: { bestOn: "validation" } },
  "best-on-test": { export: "best", evaluation: { bestOn: "test" } },
};

export type EnsembleOptions = OptionsOf<typeof ensembleSchema>;

/** A stage for each member, and one description of all of them. */
export function ensembleOf(
  { members, backbone, weights, recipe, report }: Required<EnsembleOptions>,
  learning: (teachers: readonly Role[]) => Pick<Stage, "teachers" | "losses">,
): Omit<Preset, "name" | "summary"> {
  const roles = Array.from({ length: members }, (_, index) => `member-${index + 1}`);
  const everyMember = (usual: object): Config["models"] => {
    const chosen = { head: "max-pool-mlp", ...(backbone ?? usual) } as Choice<Backbones>;
    return Object.fromEntries(roles.map((role) => [role, { backbone: chosen, weights }]));
  };
  const stages = roles.map((role, index) => {
    const plugins = [ensembleMetrics({ members: roles.slice(0, index + 1) })];
    return [role, { trains: role, title: `member ${index + 1}`, ...learning(roles.slice(0, index)), plugins }] as const;
  });
  return {
    plugins: [catalogue()],
    pretrained: roles,
    stages: Object.fromEntries(stages),
    defaults: { ...paperSettings(recipe, report), models: everyMember({ name: "resnet50" }) },
    scales: { paper: {}, demo: { ...demoSettings, models: everyMember(smallNetwork) } },
  };
}

const half = [0.5, 0.5, 0.5] as const;

function paperSettings(recipe: RecipeName, asked: EnsembleOptions["report"] | null): Config {
  const { resize, report } = settlements[recipe];
  const chosen = reports[asked ?? report];
  return {
    epochs: 100,
    batchSize: 32,
    data: { name: "birds" },
    input: { resize, fit: "warp", pad: 8, crop: 448, flip: 0.5, mean: half, deviation: half },
    optimizer: {
      name: "sgd",
      learningRate: 0.001,
      momentum: 0.9,
      nesterov: false,
      weightDecay: 5e-4,
      newLayersFactor: 10,
      schedule: { name: "cosine" },
    },
    ...chosen,
    evaluation: { last: 1, ...chosen.evaluation },
  };
}

/** A ResNet of four basic blocks whose last map has a 16th of the image's sides: room for attention to move in. */
const smallNetwork = {
  name: "resnet",
  block: "basic",
  depths: [1, 1, 1, 1],
  widths: [16, 32, 64, 128],
  strides: [1, 2, 2, 1],
  stem: { filters: 32 },
  hidden: 64,
} as const;

const demoSettings: Config = {
  epochs: 20,
  batchSize: 16,
  data: { name: "birds", classes: 6, train: 50, test: 50, size: 0.8 },
  input: { resize: 128, fit: "shorter", pad: 2, crop: 96 },
  optimizer: { learningRate: 0.05, newLayersFactor: 1 },
  evaluation: { every: 5 },
};
