/** Promises of inference: names and options of registries. Compiled by `npm run types`, never run. */
import * as tf from "@tensorflow/tfjs";
import { expectTypeOf } from "vitest";
import {
  type Augmenters,
  type Backbones,
  type Choice,
  createTraining,
  type Engines,
  type Loss,
  type Losses,
  type Model,
  type Optimizers,
  type Random,
  type Sources,
} from "../../core/index.js";
import * as layers from "../../plugins/layers/index.js";
import "../../plugins/index.js";

/* Two plugins that know nothing of each other, augmenting one interface; test/core/registry.test.ts is a third. */
declare module "../../core/index.js" {
  interface Losses {
    "first-plugin": { readonly strength?: number };
  }
}
declare module "../../core/index.js" {
  interface Losses {
    "second-plugin": { readonly margin: number };
  }
}

const { losses, backbones, ensemblers } = createTraining({ plugins: [] });

/* The names of both, and of the shipped plugins, complete. */
expectTypeOf<"first-plugin" | "second-plugin" | "cross-entropy">().toExtend<keyof Losses>();
expectTypeOf<"resnet18" | "resnet">().toExtend<keyof Backbones>();
expectTypeOf<"mixup" | "snapmix">().toExtend<keyof Augmenters>();
expectTypeOf<"sgd" | "adamw">().toExtend<keyof Optimizers>();
expectTypeOf<"folder" | "birds">().toExtend<keyof Sources>();
expectTypeOf<"wasm" | "cpu">().toExtend<keyof Engines>();
expectTypeOf<Losses["second-plugin"]>().toEqualTypeOf<{ readonly margin: number }>();

/* What create returns is what the registry is of. */
expectTypeOf(losses.create("first-plugin", { strength: 1 })).toEqualTypeOf<Loss>();
expectTypeOf(backbones.create("resnet18")).toEqualTypeOf<Model>();

/* Options may be left out where all are optional, and only there. */
losses.create("first-plugin");
losses.create("second-plugin", { margin: 1 });
// @ts-expect-error: margin is required
losses.create("second-plugin");
// @ts-expect-error: margin is required
losses.create("second-plugin", {});

/* What is not declared does not compile. */
// @ts-expect-error: no such loss
losses.create("third-plugin");
// @ts-expect-error: no such option
losses.create("first-plugin", { strenght: 1 });
// @ts-expect-error: a number is wanted
losses.create("first-plugin", { strength: "much" });
// @ts-expect-error: a loss is no ensembler
ensemblers.create("first-plugin");

/* An entry must have a default for every optional option, and makes what the registry holds. */
const nothing: Loss = () => tf.scalar(0);
losses.register("first-plugin", { defaults: { strength: 1 }, create: () => nothing });
losses.register("second-plugin", { defaults: {}, required: ["margin"], create: () => nothing });
losses.register("first-plugin", {
  defaults: { strength: 1 },
  create: (options) => {
    expectTypeOf(options).toEqualTypeOf<Required<{ readonly strength?: number }>>();
    return nothing;
  },
});
// @ts-expect-error: strength has no default
losses.register("first-plugin", { defaults: {}, create: () => nothing });
// @ts-expect-error: a number is no loss
losses.register("first-plugin", { defaults: { strength: 1 }, create: () => 1 });
// @ts-expect-error: no such loss
losses.register("third-plugin", { defaults: {}, create: () => nothing });

/* A choice is discriminated by its name. */
const read = (choice: Choice<Losses>) => {
  if (choice.name === "second-plugin") expectTypeOf(choice.margin).toEqualTypeOf<number>();
  // @ts-expect-error: another loss has no margin
  if (choice.name === "first-plugin") choice.margin;
};
read({ name: "first-plugin" });
read({ name: "second-plugin", margin: 1 });
// @ts-expect-error: no such option
read({ name: "first-plugin", margin: 1 });
// @ts-expect-error: margin is required
read({ name: "second-plugin" });
// @ts-expect-error: no such loss
read({ name: "third-plugin" });
losses.choose({ name: "second-plugin", margin: 1 });

/* What fgkd/layers makes is a model, and its layers take maps. */
const at = layers.construct({} as Random);
expectTypeOf(layers.assemble).returns.toEqualTypeOf<Model>();
expectTypeOf(layers.convolution(at, "conv", { from: 3, to: 4, size: 3, stride: 1 })).toEqualTypeOf<layers.Layer>();
expectTypeOf(layers.linear(at, "fc", 3, 4).apply)
  .parameter(0)
  .toEqualTypeOf<tf.Tensor2D>();
// @ts-expect-error: a convolution needs its stride.
layers.convolution(at, "conv", { from: 3, to: 4, size: 3 });
