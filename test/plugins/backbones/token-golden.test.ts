/** ConvNeXt and DeiT against reference values computed with PyTorch; how a tensor is judged: see `difference`. */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, type Mode, type Model, type NamedArray, type Outputs } from "../../../core/index.js";
import { convnext } from "../../../plugins/backbones/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import { difference, type GoldenNetwork, hasGolden, readGolden, turn } from "./golden.js";
import "../../support/matchers.js";

const tolerance = 1e-4;

interface Description {
  readonly num_classes: number;
  readonly labels: readonly number[];
  readonly depths: readonly number[];
  readonly dims: readonly number[];
}

type Registered = ReturnType<typeof registered>;

function registered({ num_classes }: Description) {
  const classes = Array.from({ length: num_classes }, (_, index) => `class ${index}`);
  return createTraining({ plugins: [convnext()], services: { classes } }).backbones;
}

const crossEntropy = (logits: tf.Tensor | undefined, labels: readonly number[]) =>
  tf.losses
    .softmaxCrossEntropy(
      tf.oneHot(tf.tensor1d([...labels], "int32"), logits?.shape[1] as number),
      logits as tf.Tensor2D,
    )
    .asScalar();

/** By file, how its network is made here, what it gave in training by name, and its loss. */
const families = {
  convnext: {
    build: (backbones: Registered, { depths, dims }: Description) =>
      backbones.create("convnext", { depths, widths: dims, layerScale: 1 }),
    train: ({ logits }: Outputs) => ({ "out.train": logits }),
    loss: ({ logits }: Outputs, labels: readonly number[]) => crossEntropy(logits, labels),
    features: ({ features }: Outputs) => features?.transpose([0, 3, 1, 2]),
    reference: (array: NamedArray) => array,
  },
} as const;

const files = Object.keys(families) as (keyof typeof families)[];

describe.each(engineNames)("on %s", (engine) => {
  // A clone without the shared files has nothing to compare with.
  describe.skipIf(!files.every(hasGolden)).each(files)("%s (skipped without ../shared)", (name) => {
    let golden: GoldenNetwork<Description>;
    let model: Model;
    const family = families[name];

    beforeAll(async () => {
      await startEngine(engine);
      golden = readGolden<Description>(name);
      model = family.build(registered(golden.description), golden.description);
      const weights = golden.part("weights");
      expect(model.parameters.shapes).toEqual(new Map([...weights].map(([key, { shape }]) => [key, shape])));
      model.parameters.import(weights);
    });

    const forward = (mode: Mode) => model.forward({ images: golden.images }, mode);

    test("computes the reference's logits and features in evaluation", () => {
      const outputs = tf.tidy(() => {
        const outputs = forward("eval");
        return { logits: outputs.logits?.dataSync(), features: family.features(outputs)?.dataSync() };
      });
      expect(difference(outputs.logits ?? [], golden.value("out.eval"))).toBeLessThan(tolerance);
      const features = family.reference(golden.value("out.eval.features"));
      expect(difference(outputs.features ?? [], features)).toBeLessThan(tolerance);
    });

    test("computes the reference's outputs, loss and gradients in a training step", () => {
      const before = tf.memory().numTensors;
      const { value, grads } = tf.variableGrads(() => {
        const outputs = forward("train");
        for (const [key, logits] of Object.entries(family.train(outputs)))
          expect(difference(logits?.dataSync() ?? [], golden.value(key)), key).toBeLessThan(tolerance);
        return family.loss(outputs, golden.description.labels);
      }, [...model.parameters.trained.values()]);
      expect(difference(value.dataSync(), golden.value("out.loss"))).toBeLessThan(tolerance);
      const expected = golden.part("grad");
      expect([...model.parameters.trained.keys()].sort()).toEqual([...expected.keys()].sort());
      const off = [...model.parameters.trained].flatMap(([parameter, variable]) => {
        const gradient = tf.tidy(() => turned(parameter, grads[variable.name] as tf.Tensor).dataSync());
        const by = difference(gradient, expected.get(parameter) as NamedArray);
        return by < tolerance ? [] : [`${parameter}: ${by}`];
      });
      expect(off).toEqual([]);
      tf.dispose([value, grads]);
      expect(tf.memory().numTensors).toBe(before);
    }, 60_000);
  });
});

/** A depthwise filter's axes are others than a convolution's. */
function turned(parameter: string, gradient: tf.Tensor): tf.Tensor {
  return parameter.endsWith("conv_dw.weight") ? gradient.transpose([2, 3, 0, 1]) : turn(gradient);
}
