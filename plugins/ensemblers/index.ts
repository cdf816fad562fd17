/** Ways to merge several models' answers. */
export { ensemblers, type WeightedOptions } from "./ensemblers.js";
