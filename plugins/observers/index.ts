/** What watches a training and changes nothing in it but its end. */
import type { Plugin } from "../../core/index.js";
import { csvLog } from "./csv-log.js";
import { endAfter } from "./end-after.js";
import { tensorboard } from "./tensorboard.js";

export { type CsvLogOptions, csvLog } from "./csv-log.js";
export { type EndAfterOptions, endAfter } from "./end-after.js";
export { fitWeights } from "./ensemble/fit-weights.js";
export { type EnsembleMetricsOptions, ensembleMetrics } from "./ensemble-metrics.js";
export { type GeneratorHealthOptions, generatorHealth } from "./generator-health.js";
export { type TensorboardOptions, tensorboard } from "./tensorboard.js";

/** Those that `plugins` of a configuration may list by their names, in stages of whatever method. */
export const observers: Readonly<Record<string, () => Plugin>> = {
  "csv-log": csvLog,
  "end-after": endAfter,
  tensorboard,
};
