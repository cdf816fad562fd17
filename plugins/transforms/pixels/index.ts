/** Pictures on worker threads, and what transforms do with them. Public as `fgkd/pixels`; imports no tensor library. */
export type { Rectangle } from "../../../core/index.js";
export { cut, mirror } from "./cut.js";
export { centreOffset, randomOffset, resizedSize, type Size } from "./geometry.js";
export { createPixels, type Pixels } from "./pixels.js";
export { resample } from "./resample.js";
export type { Interpolation } from "./resample-filter.js";
export type { TransformFunction, TransformTask } from "./transform-function.js";
