/** The presets that fgkd brings. */
export { baseline, dkd, kd, snapmixPreset as snapmix } from "./comparisons.js";
export { dadkd } from "./dadkd.js";
