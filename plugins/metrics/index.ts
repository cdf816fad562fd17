/** What is measured on a split. */
export type { CalibrationErrorOptions } from "./calibration-error.js";
export { metrics } from "./metrics.js";
export type { TopKOptions } from "./top-k.js";
