/** What is recorded: every preset at both scales, with networks and images so small that a run takes a moment. */

/** The scales that presets have. Their optimisers, schedules and options differ, and both are kept as they are. */
export const scales = ["paper", "demo"] as const;

export type Scale = (typeof scales)[number];

/** The engines whose bytes are recorded. */
export const engines = ["wasm", "onednn"] as const;

export type Engine = (typeof engines)[number];

/** Written out, not taken from the presets: older and newer checkouts are asked for the same. */
const common = {
  epochs: 3,
  batchSize: 4,
  stepsPerEpoch: 3,
  data: { name: "birds", classes: 3, train: 4, test: 2, workers: 1 },
  input: { resize: 18, crop: 16 },
};

function network(head: string): object {
  const stem = { filters: 4, size: 3, stride: 2, pool: false };
  return { name: "resnet", block: "basic", depths: [1, 1], widths: [4, 8], strides: null, stem, head };
}

const linear = { backbone: network("linear") };
const reduced = { ...linear, inputSize: 8 };

function alone(): object {
  return { ...common, models: { student: reduced } };
}

/** A teacher that sees more than its student. */
function taught(): object {
  return { ...common, models: { teacher: { backbone: network("squeeze-excite") }, student: reduced } };
}

function withRow(): object {
  const models = { teacher: { backbone: network("squeeze-excite") }, student: reduced, baseline: reduced };
  return { ...common, models, stages: { baseline: { enabled: true } } };
}

function members(): object {
  const member = { backbone: network("max-pool-mlp") };
  return { ...common, models: { "member-1": member, "member-2": member, "member-3": member } };
}

/** Generator and student take turns at every step, so that both learn from each other from the first one on. */
function dataFree(generator: object): object {
  return {
    ...common,
    models: { teacher: linear, student: linear, generator: { backbone: { ...generator, size: 16 } } },
    stages: { warmup: { enabled: true }, generator: { turn: 1 }, student: { turn: 1 } },
  };
}

/** A transformer and a ConvNeXt. */
function tokens(): object {
  const transformer = { name: "deit", size: 16, patch: 8, width: 8, depth: 2, heads: 2, distilled: true };
  const teacher = { name: "convnext", depths: [1, 1], widths: [8, 8], patch: 2 };
  return { ...common, models: { teacher: { backbone: teacher }, student: { backbone: transformer } } };
}

const attention = { name: "attention-generator", widths: [16, 8, 8, 4, 4] };
const small = { name: "small-generator", width: 4, firstWidth: null };

export interface Case {
  /** Laid over the preset at its scale. */
  readonly config: object;
  /** Further words of the command. */
  readonly words: readonly string[];
}

/** By the preset's name. */
export const cases: Readonly<Record<string, Case>> = {
  dadkd: { config: withRow(), words: [] },
  baseline: { config: alone(), words: [] },
  snapmix: { config: alone(), words: [] },
  kd: { config: taught(), words: [] },
  dkd: { config: taught(), words: [] },
  "or-ensemble": { config: members(), words: ["--members", "3"] },
  ensemble: { config: members(), words: ["--members", "3"] },
  "dfkd-generator": { config: dataFree(attention), words: [] },
  dafl: { config: dataFree(small), words: [] },
  zskt: { config: dataFree(small), words: [] },
  dfad: { config: dataFree(small), words: [] },
  dfq: { config: dataFree(small), words: [] },
  "deit-convnext": { config: tokens(), words: [] },
  cmi: { config: dataFree(small), words: [] },
};
