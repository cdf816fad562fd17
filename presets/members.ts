/** What `or-ensemble` and the plain `ensemble` share: a stage for each member, the paper's settings, the demo's. */
import { z } from "zod";
import type { Backbones, Choice, Config, OptionsOf, Preset, Role, Stage } from "../core/index.js";
import { catalogue } from "../plugins/index.js";
import { ensembleMetrics } from "../plugins/observers/index.js";

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
});

export type EnsembleOptions = OptionsOf<typeof ensembleSchema>;

/** A stage for each member, and one description of all of them. */
export function ensembleOf(
  { members, backbone, weights }: Required<EnsembleOptions>,
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
    defaults: { ...paperSettings, models: everyMember({ name: "resnet50" }) },
    scales: { paper: {}, demo: { ...demoSettings, models: everyMember(smallNetwork) } },
  };
}

const half = [0.5, 0.5, 0.5] as const;

/** The official code's, where it and the paper differ. */
const paperSettings: Config = {
  epochs: 100,
  batchSize: 32,
  data: { name: "birds" },
  input: { resize: 600, fit: "warp", pad: 8, crop: 448, flip: 0.5, mean: half, deviation: half },
  optimizer: {
    name: "sgd",
    learningRate: 0.001,
    momentum: 0.9,
    nesterov: false,
    weightDecay: 5e-4,
    newLayersFactor: 10,
    schedule: { name: "cosine" },
  },
  evaluation: { last: 1 },
};

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
