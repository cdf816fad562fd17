/** Backbones: the networks that config chooses by name. */
export type { HeadKind } from "../layers/heads.js";
export { bit } from "./bit.js";
export type { BitCommonOptions, BitOptions } from "./bit-options.js";
export { convnext } from "./convnext.js";
export type { ConvnextCommonOptions, ConvnextOptions } from "./convnext-options.js";
export { deit } from "./deit.js";
export type { DeitCommonOptions, DeitOptions } from "./deit-options.js";
export { efficientnet } from "./efficientnet.js";
export type { EfficientnetCommonOptions, EfficientnetOptions } from "./efficientnet-options.js";
export { mobilenet } from "./mobilenet.js";
export type { MobilenetCommonOptions, MobilenetOptions } from "./mobilenet-options.js";
export { resnet } from "./resnet.js";
export type { ResnetCommonOptions, ResnetOptions, StemOptions } from "./resnet-options.js";
export { vgg } from "./vgg.js";
export type { VggCommonOptions, VggOptions } from "./vgg-options.js";
export { wrn } from "./wrn.js";
export type { WrnCommonOptions, WrnOptions } from "./wrn-options.js";
