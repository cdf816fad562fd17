/** Optimisers. */
export type { AdamOptions } from "./adam.js";
export { optimizers } from "./optimizers.js";
export type { SgdOptions } from "./sgd.js";
