/**
 * Residual networks against reference values computed with PyTorch.
 *
 * Every tensor is judged value by value: the difference, relative to the expected value or to a tenth of the tensor's
 * largest magnitude, whichever is larger, stays below 1e-4.
 */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, type Model, type NamedArray } from "../../../core/index.js";
import { resnet } from "../../../plugins/backbones/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import { difference, type GoldenNetwork, readGolden, turn } from "./golden.js";
import "../../support/matchers.js";

const tolerance = 1e-4;

function build({ description }: GoldenNetwork): Model {
  const classes = Array.from({ length: description.num_classes }, (_, index) => `class ${index}`);
  const { backbones } = createTraining({ plugins: [resnet()], services: { classes } });
  const { block, layers, channels } = description;
  return backbones.create("resnet", { block, depths: layers, widths: channels });
}

describe.each(engineNames)("on %s", (engine) => {
  describe.each(["resnet-basic", "resnet-bottleneck"])("%s", (name) => {
    let golden: GoldenNetwork;
    let model: Model;

    beforeAll(async () => {
      await startEngine(engine);
      golden = readGolden(name);
      model = build(golden);
      model.parameters.import(golden.part("weights"));
    });

    test("computes the reference's logits and features in evaluation", () => {
      const outputs = tf.tidy(() => {
        const { logits, features } = model.forward({ images: golden.images }, "eval");
        return { logits: logits?.dataSync(), features: features?.transpose([0, 3, 1, 2]).dataSync() };
      });
      expect(difference(outputs.logits ?? [], golden.value("out.eval"))).toBeLessThan(tolerance);
      expect(difference(outputs.features ?? [], golden.value("out.eval.features"))).toBeLessThan(tolerance);
    });

    test("computes the reference's loss, gradients and running statistics in a training step", async () => {
      const { labels, num_classes } = golden.description;
      const before = tf.memory().numTensors;
      let logits: ArrayLike<number> = [];
      const { value, grads } = tf.variableGrads(() => {
        const outputs = model.forward({ images: golden.images }, "train");
        logits = outputs.logits?.dataSync() ?? [];
        const wanted = tf.oneHot(tf.tensor1d([...labels], "int32"), num_classes);
        return tf.losses.softmaxCrossEntropy(wanted, outputs.logits as tf.Tensor2D).asScalar();
      }, [...model.parameters.trained.values()]);

      expect(difference(logits, golden.value("out.train"))).toBeLessThan(tolerance);
      expect(difference(value.dataSync(), golden.value("out.loss"))).toBeLessThan(tolerance);
      const expected = golden.part("grad");
      expect(expected.size).toBe(model.parameters.trained.size);
      for (const [parameter, variable] of model.parameters.trained) {
        const gradient = tf.tidy(() => turn(grads[variable.name] as tf.Tensor).dataSync());
        expect(difference(gradient, expected.get(parameter) as NamedArray), parameter).toBeLessThan(tolerance);
      }
      tf.dispose([value, grads]);
      expect(tf.memory().numTensors).toBe(before);

      const exported = await model.parameters.export();
      for (const [parameter, array] of golden.part("after"))
        expect(difference(exported.get(parameter)?.data as Float32Array, array), parameter).toBeLessThan(tolerance);
      expect(exported.get("bn1.num_batches_tracked")?.data).toEqual(BigInt64Array.of(1n));
    }, 120_000);

    test("looks with batch statistics without moving anything", async () => {
      model.parameters.import(golden.part("weights"));
      const before = await model.parameters.export();
      const logits = tf.tidy(
        () => model.forward({ images: golden.images }, "batch-statistics").logits?.dataSync() ?? [],
      );
      expect(difference(logits, golden.value("out.train"))).toBeLessThan(tolerance);
      expect(await model.parameters.export()).toEqual(before);
    }, 60_000);
  });
});
