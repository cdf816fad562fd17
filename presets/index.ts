/** The presets that fgkd brings. */
export { baseline, dkd, kd, snapmixPreset as snapmix } from "./comparisons.js";
export { dadkd } from "./dadkd.js";
export { cmi, dafl, dfad, dfq, zskt } from "./data-free-comparisons.js";
export { dfkdGenerator } from "./dfkd-generator.js";
export type { EnsembleOptions } from "./members.js";
export { ensemble, orEnsemble } from "./or-ensemble.js";
