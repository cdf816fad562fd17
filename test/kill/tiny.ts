/** Every preset at a scale that trains in a moment: the same stages and plugins, small networks, a dozen drawn birds. */
import { type Config, type Preset, resolveConfig } from "../../core/index.js";

/** Trained as transformers are, all of it on: pictures drawn and erased, batches mixed, gradients gathered, a warm-up. */
const asTransformers = {
  accumulate: 2,
  optimizer: { schedule: { name: "cosine", warmupEpochs: 2, warmupStart: 1e-5 } },
  transforms: ["random-resized-crop", "flip", "rand-augment", "random-erasing"].map((name) => ({ name })),
};

const generators: Readonly<Record<string, object>> = {
  "attention-generator": { widths: [16, 8, 8, 4, 4] },
  "small-generator": { width: 4, firstWidth: null },
};

/** Settings for `fgkd --preset NAME --config FILE`, laid over the preset's demo scale. */
export function tinyConfig(preset: Preset): Config {
  const stages = Object.keys(preset.stages);
  const own = Object.fromEntries(stages.map((stage) => [stage, preset.stages[stage]?.settings ?? {}]));
  const { models } = resolveConfig(stages, [
    { origin: "preset", config: preset.defaults },
    { origin: "stages", config: { stages: own } },
    { origin: "demo", config: preset.scales?.demo ?? {} },
  ]).run;
  const shrunk = Object.entries(models).map(([role, { backbone, input }]) => {
    const { name, head = "linear" } = backbone as { readonly name: string; readonly head?: string };
    const stem = { filters: 4, size: 3, stride: 2, pool: false };
    const shape = { block: "basic", depths: [1, 1], widths: [4, 8], strides: null };
    // What a network draws in training is part of its state, too.
    const small = { name: "resnet", ...shape, head, stem, dropPath: 0.2 };
    const tokens = { name: "deit", size: 16, patch: 8, width: 8, depth: 2, heads: 2, distilled: true, dropPath: 0.2 };
    if (name === "deit") return [role, { backbone: tokens }] as const;
    // The network that the demo's teacher stands for.
    const convnext = { name: "convnext", depths: [1, 1], widths: [8, 8], patch: 2 };
    if (name === "bit") return [role, { backbone: convnext }] as const;
    // Networks that are no ResNets are taken as the demo has them, for images of this size.
    const fitting = generators[name] ? { ...backbone, size: 16, ...generators[name] } : backbone;
    return [
      role,
      { backbone: name.startsWith("resnet") ? small : fitting, ...(input?.size && { input: { size: 8 } }) },
    ] as const;
  });
  const isTransformer = shrunk.some(([, { backbone }]) => backbone.name === "deit");
  const { accumulate, optimizer } = asTransformers;
  return {
    ...(isTransformer && { accumulate, optimizer }),
    epochs: 6,
    batchSize: 4,
    stepsPerEpoch: 3,
    data: { name: "birds", classes: 3, train: 4, test: 2, workers: 2 },
    input: { resize: 18, crop: 16, ...(isTransformer && { transforms: { train: asTransformers.transforms } }) },
    // There is no validation split, and a killed run must know its best epoch again.
    evaluation: { bestOn: "test" },
    // What is compared is what was trained.
    report: false,
    // A long epoch's checkpoints, too.
    checkpoints: { steps: 2 },
    models: Object.fromEntries(shrunk),
    stages: Object.fromEntries(stages.map((stage) => [stage, { enabled: true }])),
  } as Config;
}
