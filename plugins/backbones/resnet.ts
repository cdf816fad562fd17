/** Residual networks: a plugin that registers the usual ones and one to configure. */
import {
  type Backbones,
  definePlugin,
  describeOptions,
  type FactoryContext,
  type Model,
  type Registry,
} from "../../core/index.js";
import { publicWeightsOf } from "./public-weights.js";
import { createResnet } from "./resnet-model.js";
import { type ResnetCommonOptions, type ResnetOptions, resnetSchema, standardResnetSchema } from "./resnet-options.js";

declare module "../../core/index.js" {
  interface Backbones {
    resnet18: ResnetCommonOptions;
    resnet34: ResnetCommonOptions;
    resnet50: ResnetCommonOptions;
    resnet101: ResnetCommonOptions;
    /** Any depth and width. */
    resnet: ResnetOptions;
  }
}

const standard = {
  resnet18: { block: "basic", depths: [2, 2, 2, 2] },
  resnet34: { block: "basic", depths: [3, 4, 6, 3] },
  resnet50: { block: "bottleneck", depths: [3, 4, 6, 3] },
  resnet101: { block: "bottleneck", depths: [3, 4, 23, 3] },
} as const;

const widths = [64, 128, 256, 512] as const;

/**
 * Registers the backbones `resnet18`, `resnet34`, `resnet50`, `resnet101` and the configurable `resnet`, with the
 * weights' names, order of layers and initialisation of torchvision.
 *
 * @see "Deep Residual Learning for Image Recognition", 2016
 */
export const resnet = definePlugin({
  name: "resnet",
  defaults: {},
  register({ backbones }) {
    for (const name of Object.keys(standard) as (keyof typeof standard)[]) registerStandard(backbones, name);
    backbones.register("resnet", {
      ...describeOptions("backbone resnet", resnetSchema),
      create: (options, context) => createResnet("backbone resnet", options, context),
    });
  },
});

function registerStandard(backbones: Registry<Backbones, Model>, name: keyof typeof standard): void {
  backbones.register(name, {
    ...describeOptions(`backbone ${name}`, standardResnetSchema),
    publicWeights: publicWeightsOf(name),
    create: (options: Required<ResnetCommonOptions>, context: FactoryContext) =>
      createResnet(`backbone ${name}`, { ...standard[name], widths, ...options }, context),
  });
}
