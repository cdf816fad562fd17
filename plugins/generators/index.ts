/** Networks that make images, the noise they make them from, and a student's batch of what they made. */
export type { AttentionGeneratorOptions } from "./attention-generator.js";
export { type GeneratedImagesOptions, generatedImages } from "./generated-images.js";
export { generators } from "./generators.js";
export { type NoiseOptions, noise } from "./noise.js";
export type { SmallGeneratorOptions } from "./small-generator.js";
