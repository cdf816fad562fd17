/** VGG networks: a plugin that registers the usual ones and one to configure. */
import {
  type Backbones,
  definePlugin,
  describeOptions,
  type FactoryContext,
  type Model,
  type Registry,
} from "../../core/index.js";
import { publicWeightsOf } from "./public-weights.js";
import { createVgg } from "./vgg-model.js";
import { standardVggSchema, type VggCommonOptions, type VggOptions, vggSchema } from "./vgg-options.js";

declare module "../../core/index.js" {
  interface Backbones {
    vgg11: VggCommonOptions;
    vgg11_bn: VggCommonOptions;
    vgg13: VggCommonOptions;
    vgg13_bn: VggCommonOptions;
    vgg16: VggCommonOptions;
    vgg16_bn: VggCommonOptions;
    vgg19: VggCommonOptions;
    vgg19_bn: VggCommonOptions;
    /** Any depths and widths. */
    vgg: VggOptions;
  }
}

const depths = {
  vgg11: [1, 1, 2, 2, 2],
  vgg13: [2, 2, 2, 2, 2],
  vgg16: [2, 2, 3, 3, 3],
  vgg19: [2, 2, 4, 4, 4],
} as const;

const widths = [64, 128, 256, 512, 512] as const;

/**
 * Registers the backbones `vgg11`, `vgg13`, `vgg16`, `vgg19`, each also with batch norm (`vgg16_bn`), and the configurable
 * `vgg`, with the weights' names, order of layers and initialisation of torchvision.
 *
 * @see "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2015
 */
export const vgg = definePlugin({
  name: "vgg",
  defaults: {},
  register({ backbones }) {
    for (const size of Object.keys(depths) as (keyof typeof depths)[]) {
      registerStandard(backbones, size, { depths: depths[size], batchNorm: false });
      registerStandard(backbones, `${size}_bn`, { depths: depths[size], batchNorm: true });
    }
    backbones.register("vgg", {
      ...describeOptions("backbone vgg", vggSchema),
      create: (options, context) => createVgg("backbone vgg", options, context),
    });
  },
});

type Size = keyof typeof depths;

function registerStandard(
  backbones: Registry<Backbones, Model>,
  name: Size | `${Size}_bn`,
  shape: Pick<Required<VggOptions>, "depths" | "batchNorm">,
): void {
  backbones.register(name, {
    ...describeOptions(`backbone ${name}`, standardVggSchema),
    publicWeights: publicWeightsOf(name),
    create: (options: Required<VggCommonOptions>, context: FactoryContext) =>
      createVgg(`backbone ${name}`, { ...shape, widths, ...options }, context),
  });
}
