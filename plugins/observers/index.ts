/** What watches a training and changes nothing in it but its end. */
export { type EndAfterOptions, endAfter } from "./end-after.js";
export { fitWeights } from "./ensemble/fit-weights.js";
export { type EnsembleMetricsOptions, ensembleMetrics } from "./ensemble-metrics.js";
export { type GeneratorHealthOptions, generatorHealth } from "./generator-health.js";
