/** Backbones, and the layers that further ones are built from. */
export type { HeadKind } from "./heads.js";
export { resnet } from "./resnet.js";
export type { ResnetCommonOptions, ResnetOptions, StemOptions } from "./resnet-options.js";
export { vgg } from "./vgg.js";
export type { VggCommonOptions, VggOptions } from "./vgg-options.js";
