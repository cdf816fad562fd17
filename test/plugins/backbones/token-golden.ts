/** ConvNeXt and DeiT against reference values computed with PyTorch; how a tensor is judged: see `difference`. */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, type Mode, type Model, type NamedArray, type Outputs } from "../../../core/index.js";
import { convnext, deit } from "../../../plugins/backbones/index.js";
import { difference, type GoldenEngine, type GoldenNetwork, readGolden, turn, valuesOf } from "./golden.js";
import "../../support/matchers.js";

/** How tensors are compared, and how far apart they may be. */
interface Judgement {
  readonly difference: (actual: ArrayLike<number>, expected: NamedArray) => number;
  readonly outputs: number;
  readonly gradients: number;
}

const ofFloats: Judgement = { difference, outputs: 1e-4, gradients: 1e-4 };

interface Description {
  readonly num_classes: number;
  readonly labels: readonly number[];
}

interface ConvnextDescription extends Description {
  readonly depths: readonly number[];
  readonly dims: readonly number[];
}

interface DeitDescription extends Description {
  readonly distilled: boolean;
  readonly img_size: number;
  readonly patch_size: number;
  readonly embed_dim: number;
  readonly depth: number;
  readonly num_heads: number;
}

/** How the network of a file is made here, what it gave in training by name, and what its loss is. */
interface Family {
  // A file is of the family that it is read for.
  build(backbones: Registered, description: never): Model;
  train(outputs: Outputs): Readonly<Record<string, tf.Tensor | undefined>>;
  loss(outputs: Outputs, labels: readonly number[]): tf.Scalar;
  /** Ours, as the file has them. */
  features(outputs: Outputs): tf.Tensor | undefined;
  /** Of the file, what we give. */
  reference(array: NamedArray): NamedArray;
}

type Registered = ReturnType<typeof registered>;

function registered({ num_classes }: Description) {
  const classes = Array.from({ length: num_classes }, (_, index) => `class ${index}`);
  return createTraining({ plugins: [convnext(), deit()], services: { classes } }).backbones;
}

const crossEntropy = (logits: tf.Tensor | undefined, labels: readonly number[]) =>
  tf.losses
    .softmaxCrossEntropy(
      tf.oneHot(tf.tensor1d([...labels], "int32"), logits?.shape[1] as number),
      logits as tf.Tensor2D,
    )
    .asScalar();

const transformer = (prefix: number): Pick<Family, "build" | "features" | "reference"> => ({
  build: (backbones, { distilled, img_size, patch_size, embed_dim, depth, num_heads }: DeitDescription) =>
    backbones.create("deit", {
      ...{ size: img_size, patch: patch_size, width: embed_dim, heads: num_heads },
      ...{ depth, distilled },
    }),
  features: ({ features }) => features,
  reference: ({ shape: [batch = 0, tokens = 0, channels = 0], data }) => {
    const image = (index: number) => data.slice((index * tokens + prefix) * channels, (index + 1) * tokens * channels);
    const patches = Array.from({ length: batch }, (_, index) => [...(image(index) as Float32Array)]);
    return { shape: [batch, tokens - prefix, channels], data: Float32Array.from(patches.flat()) };
  },
});

const families: Readonly<Record<string, Family>> = {
  convnext: {
    build: (backbones, { depths, dims }: ConvnextDescription) =>
      backbones.create("convnext", { depths, widths: dims, layerScale: 1 }),
    train: ({ logits }) => ({ "out.train": logits }),
    loss: ({ logits }, labels) => crossEntropy(logits, labels),
    features: ({ features }) => features?.transpose([0, 3, 1, 2]),
    reference: (array) => array,
  },
  "deit-plain": {
    ...transformer(1),
    train: ({ logits }) => ({ "out.train": logits }),
    loss: ({ logits }, labels) => crossEntropy(logits, labels),
  },
  "deit-distilled": {
    ...transformer(2),
    train: ({ classTokenLogits, distillationTokenLogits }) => ({
      "out.train.cls": classTokenLogits,
      "out.train.dist": distillationTokenLogits,
    }),
    // Reversed labels, so that the heads cannot be taken for each other.
    loss: ({ classTokenLogits, distillationTokenLogits }, labels) =>
      crossEntropy(classTokenLogits, labels).add(crossEntropy(distillationTokenLogits, [...labels].reverse())),
  },
};

const files = Object.keys(families);

/**
 * Declares the tests of one engine.
 *
 * @param judge given how many weights a network multiplies by. Default: as float32 is judged
 */
export function compareTokens(
  { name: engine, start }: GoldenEngine,
  judge: (products: number) => Judgement = () => ofFloats,
): void {
  describe.each(files)(`on ${engine}, %s`, (name) => {
    let golden: GoldenNetwork<Description>;
    let model: Model;
    let judged = ofFloats;
    const family = families[name] as Family;

    beforeAll(async () => {
      await start();
      golden = readGolden<Description>(name);
      model = family.build(registered(golden.description), golden.description as never);
      const weights = golden.part("weights");
      expect([...model.parameters.shapes]).toEqual([...weights].map(([key, { shape }]) => [key, shape]));
      model.parameters.import(weights);
      judged = judge([...weights.values()].filter(({ shape }) => isMultiplied(shape)).length);
    });

    const forward = (mode: Mode) => model.forward({ images: golden.images }, mode);

    test("computes the reference's logits and features in evaluation", async () => {
      const [logits, features] = await valuesOf(() => {
        const outputs = forward("eval");
        return [outputs.logits, family.features(outputs)];
      });
      expect(judged.difference(logits ?? [], golden.value("out.eval"))).toBeLessThan(judged.outputs);
      const wanted = family.reference(golden.value("out.eval.features"));
      expect(judged.difference(features ?? [], wanted)).toBeLessThan(judged.outputs);
    });

    test("computes the reference's outputs, loss and gradients in a training step", async () => {
      const before = tf.memory().numTensors;
      let answers: [string, tf.Tensor][] = [];
      const { value, grads } = tf.variableGrads(() => {
        const outputs = forward("train");
        answers = Object.entries(family.train(outputs)).map(([key, logits]) => [key, tf.keep(logits as tf.Tensor)]);
        return family.loss(outputs, golden.description.labels);
      }, [...model.parameters.trained.values()]);
      for (const [key, logits] of answers)
        expect(judged.difference(await logits.data(), golden.value(key)), key).toBeLessThan(judged.outputs);
      expect(judged.difference(await value.data(), golden.value("out.loss"))).toBeLessThan(judged.outputs);
      const expected = golden.part("grad");
      const { trained } = model.parameters;
      expect([...trained.keys()].sort()).toEqual([...expected.keys()].sort());
      const gradients = await valuesOf(() =>
        [...trained].map(([parameter, { name }]) => turned(parameter, grads[name] as tf.Tensor)),
      );
      const off = [...trained.keys()].flatMap((parameter, at) => {
        const by = judged.difference(gradients[at] ?? [], expected.get(parameter) as NamedArray);
        return by < judged.gradients ? [] : [`${parameter}: ${by}`];
      });
      expect(off).toEqual([]);
      tf.dispose([answers.map(([, logits]) => logits), value, grads]);
      expect(tf.memory().numTensors).toBe(before);
    }, 60_000);
  });
}

/** Norms and biases are vectors, tokens of their own and positions have one row of an image. */
function isMultiplied(shape: readonly number[]): boolean {
  return shape.length > 1 && shape[0] !== 1;
}

/** A depthwise filter's axes are others than a convolution's. */
function turned(parameter: string, gradient: tf.Tensor): tf.Tensor {
  return parameter.endsWith("conv_dw.weight") ? gradient.transpose([2, 3, 0, 1]) : turn(gradient);
}
