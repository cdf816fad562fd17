/** The backbones that fgkd brings. */

export type { AttentionGeneratorOptions } from "./generators/attention-generator.js";
export { generators } from "./generators/generators.js";
export type { SmallGeneratorOptions } from "./generators/small-generator.js";
export type { HeadKind } from "./heads.js";
export { resnet } from "./resnet.js";
export type { ResnetCommonOptions, ResnetOptions, StemOptions } from "./resnet-options.js";
export { vgg } from "./vgg.js";
export type { VggCommonOptions, VggOptions } from "./vgg-options.js";
