/** Backbones, and the layers that further ones are built from. */
export { resnet } from "./resnet.js";
export type { ResnetCommonOptions, ResnetOptions, StemOptions } from "./resnet-options.js";
