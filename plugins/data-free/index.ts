/** Distillation without data: noise, the images made of it, and the losses that teach a generator. */
export { type BatchNormStatisticsOptions, batchNormStatistics } from "./batch-norm-statistics.js";
export { type ClassPriorsOptions, classPriors } from "./class-priors.js";
export { type DisagreementOptions, disagreement } from "./disagreement.js";
export { type EndAfterOptions, endAfter } from "./end-after.js";
export { type GeneratedImagesOptions, generatedImages } from "./generated-images.js";
export { type GeneratorHealthOptions, generatorHealth } from "./generator-health.js";
export { type JudgesOptions, judges } from "./judges.js";
export { type NoiseOptions, noise } from "./noise.js";
