/** What plugin authors test with; public as `fgkd/testing`. Needs no test runner of its own. */
export type { GradientCheckOptions } from "./gradient.js";
export { awaitedGradientError, gradientError } from "./gradient.js";
export type { Numbers, TensorMatchers, Tolerance } from "./matchers.js";
export { tensorMatchers } from "./matchers.js";
export type { TinyOptions } from "./tiny.js";
export { modelsOf, tinyBatch, tinyModel } from "./tiny.js";
