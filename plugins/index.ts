/** Every plugin that fgkd brings, by name. */
import type { PluginOption } from "../core/index.js";
import { cutmix, cutout, mixup, snapmix } from "./augmenters/index.js";
import { resnet, vgg } from "./backbones/index.js";
import { sources } from "./data/index.js";
import { engines } from "./engines/index.js";
import { ensemblers } from "./ensemblers/index.js";
import { generators } from "./generators/index.js";
import { crossEntropy, decoupledDistillation, logitDistillation, orthogonalAttention } from "./losses/index.js";
import { optimizers } from "./optimizers/index.js";

export * from "./augmenters/index.js";
export * from "./backbones/index.js";
export * from "./data/index.js";
export * from "./engines/index.js";
export * from "./ensemblers/index.js";
export * from "./generators/index.js";
export * from "./losses/index.js";
export * from "./observers/index.js";
export * from "./optimizers/index.js";
export * from "./teachers/index.js";

/** All that registers names, at its defaults: what `fgkd list` shows. Not meant to be trained with. */
export function catalogue(): PluginOption {
  const mixers = [snapmix(), cutmix(), mixup(), cutout()];
  const losses = [crossEntropy(), logitDistillation(), decoupledDistillation(), orthogonalAttention()];
  return [engines(), sources(), optimizers(), ensemblers(), resnet(), vgg(), generators(), mixers, losses];
}
