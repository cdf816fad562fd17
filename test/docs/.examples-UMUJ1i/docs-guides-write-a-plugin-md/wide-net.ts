// wide-net.ts
import * as tf from "@tensorflow/tfjs";
import { createTraining, definePlugin, type FactoryContext, type Model } from "../../../../core/index.js";
import {
  assemble,
  type Block,
  batchNorm,
  type Construction,
  construct,
  head,
  kaimingNormal,
  normalisedConvolution,
} from "../../../../plugins/layers/index.js";

export interface WideNetOptions {
  /** Channels of each level. */
  readonly widths: readonly number[];
}

declare module "../../../../core/index.js" {
  interface Backbones {
    "wide-net": WideNetOptions;
  }
}

export const wideNet = definePlugin({
  name: "wide-net",
  defaults: {},
  register({ backbones }) {
    backbones.register("wide-net", { defaults: {}, required: ["widths"], create: createWideNet });
  },
});

function createWideNet({ widths }: WideNetOptions, { classes, stream }: FactoryContext): Model {
  const at = construct(stream);
  const channels = widths.at(-1) ?? 3;
  const levels = widths.map((to, level) => {
    const name = `level${level + 1}`;
    return { name, blocks: [separable(at, `${name}.0`, widths[level - 1] ?? 3, to)] };
  });
  const shape = { kind: "linear", channels, classes: classes.length, reduction: 16, hidden: 512, dropout: 0 } as const;
  return assemble(at, { owner: "backbone wide-net", levels, head: head(at, "fc", shape) });
}

/** 3×3 by channel with stride 2, then 1×1. */
function separable(at: Construction, name: string, from: number, to: number): Block {
  const { parameters, random } = at;
  const filter = parameters.weight(`${name}.depthwise.weight`, [3, 3, from, 1], "convolution", kaimingNormal(random));
  const norm = batchNorm(at, `${name}.norm`, from, { relu: true });
  const names = { convolution: `${name}.pointwise`, norm: `${name}.pointwise_norm` };
  const mix = normalisedConvolution(at, names, { from, to, size: 1, stride: 1, relu: true });
  return {
    name,
    channels: to,
    stride: 2,
    // Declared with four sides.
    apply: (x, mode) => mix(norm.apply(tf.depthwiseConv2d(x, filter as tf.Tensor as tf.Tensor4D, 2, "same"), mode), mode),
  };
}

await tf.setBackend("cpu");
const { backbones } = createTraining({ plugins: [wideNet()], services: { classes: ["wren", "robin"] } });
const model = backbones.create("wide-net", { widths: [8, 16] });
const outputs = model.forward({ images: tf.zeros([1, 32, 32, 3]) }, "eval", { maps: ["level2"] });
console.log(model.maps?.map(({ name, stride }) => `${name} 1/${stride}`).join(", "));
console.log(outputs.maps?.level2?.shape, outputs.logits?.shape);