/** Ensembles: ways to merge several models' answers, and measures of how they differ. */
export { type EnsembleMetricsOptions, ensembleMetrics } from "./ensemble-metrics.js";
export { ensemblers, type WeightedOptions } from "./ensemblers.js";
export { fitWeights } from "./fit-weights.js";
