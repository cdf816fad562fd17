/** Optimisers, learning-rate schedules, parameter groups, averages of weights. */
export type { AdamOptions } from "./adam.js";
export type { AveragedWeightsOptions } from "./averaged-weights.js";
export { averagedWeights } from "./averaged-weights.js";
export type { FreezeOptions, LayerDecayOptions, NewLayersOptions, NoDecayOptions } from "./groups.js";
export { optimizers } from "./optimizers.js";
export type { CosineOptions, StepDecayOptions, WarmupOptions } from "./schedules.js";
export type { SgdOptions } from "./sgd.js";
