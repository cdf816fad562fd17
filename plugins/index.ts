/** Every plugin that fgkd brings, by name. */
import type { PluginOption } from "../core/index.js";
import { augmenters } from "./augmenters/index.js";
import { bit, convnext, deit, efficientnet, mobilenet, resnet, vgg, wrn } from "./backbones/index.js";
import { sources } from "./data/index.js";
import { engines } from "./engines/index.js";
import { ensemblers } from "./ensemblers/index.js";
import { generators } from "./generators/index.js";
import { losses } from "./losses/index.js";
import { metrics } from "./metrics/index.js";
import { optimizers } from "./optimizers/index.js";
import { teachers } from "./teachers/index.js";
import { transforms } from "./transforms/index.js";

export * from "./augmenters/index.js";
export * from "./backbones/index.js";
export * from "./data/index.js";
export * from "./engines/index.js";
export * from "./ensemblers/index.js";
export * from "./generators/index.js";
export * from "./losses/index.js";
export * from "./metrics/index.js";
export * from "./observers/index.js";
export * from "./optimizers/index.js";
export * from "./pictures/index.js";
export * from "./teachers/index.js";
export * from "./transforms/index.js";

/** All that registers names for configuration to choose. Nothing of it acts until a stage lists it. */
export function catalogue(): PluginOption {
  const choices = [
    engines(),
    sources(),
    transforms(),
    optimizers(),
    resnet(),
    vgg(),
    convnext(),
    deit(),
    mobilenet(),
    efficientnet(),
    bit(),
    wrn(),
    generators(),
  ];
  return [choices, augmenters(), teachers(), losses(), metrics(), ensemblers()];
}
