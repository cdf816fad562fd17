/** What changes the images of a batch, and with them its labels. */

export type { CamWeights } from "../../core/ops/index.js";
export { augmenters } from "./augmenters.js";
export { type CutmixOptions, cutmix } from "./cutmix.js";
export { type CutoutOptions, cutout } from "./cutout.js";
export { type MixupOptions, mixup } from "./mixup.js";
export { type MixupCutmixOptions, mixupCutmix } from "./mixup-cutmix.js";
export { type SnapmixOptions, snapmix } from "./snapmix.js";
