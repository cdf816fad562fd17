/** Pictures on worker threads, and what transforms do with them. Public as `fgkd/pixels`; imports no tensor library. */
export { cut, mirror, type Rectangle } from "./cut.js";
export { centreOffset, randomOffset, resizedSize, type Size } from "./geometry.js";
export { createPixels, type Pixels } from "./pixels.js";
export { type Interpolation, resample } from "./resample.js";
export type { TransformFunction, TransformTask } from "./transform-function.js";
