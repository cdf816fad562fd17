/**
 * The references of other suites in bf16.
 *
 * Rounding to bf16 moves a value by 2⁻⁹ of itself at most. An output of a network is off by what the roundings before it
 * come to: at each of its layers the image and the filter that are multiplied, and the result that is kept. Roundings do not
 * know of each other, so D layers are off by √(3 D) · 2⁻⁹ of what an output's values are like, and the greatest of many by
 * some times that: four deviations are allowed. Norms keep the size of values, so that layers add, and do not multiply.
 *
 * Of gradients, which rounding moves much further, the measure and the limit are those of f32 (decision 0019): how far
 * rounding the operands moves each in float64, here by as much as bf16 rounds, which turns some ReLUs over.
 *
 * Networks with GELU have nothing that turns over: their gradients pass every layer twice more on their way back, by two operands each
 * time, so that they are off as if there were three times the layers.
 */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, type NamedArray } from "../../../../core/index.js";
import { startOnednn } from "../../../../plugins/engines/onednn/index.js";
import { resnet } from "../../../../plugins/index.js";
import { exactGradients, sensitivities } from "../../../support/float64-network.js";
import { resnetStep } from "../../../support/float64-resnet.js";
import { readGolden, turn } from "../../backbones/golden.js";
import { compareTokens } from "../../backbones/token-golden.js";
import { goldenLosses } from "../../losses/golden.js";
import { expectGolden } from "../../losses/golden-cases.js";
import { available } from "./both.js";

const deviations = 4;
/** Roundings of single operands that a gradient may be off, as in the suite of these networks. */
const roundings = 20;
/** What a value is moved by at most, relative to itself. */
const rounding = 2 ** -9;

function allowed(layers: number): number {
  return deviations * Math.sqrt(3 * layers) * rounding;
}

/** The largest difference, relative to the tensor's largest magnitude. */
function difference(actual: ArrayLike<number>, { data }: NamedArray): number {
  const wanted = Array.from(data as Float32Array);
  expect(actual.length).toBe(wanted.length);
  const scale = Math.max(...wanted.map(Math.abs));
  return Math.max(...wanted.map((value, i) => Math.abs((actual[i] as number) - value))) / scale;
}

describe.skipIf(!available)("in bf16, onednn", () => {
  beforeAll(() => startOnednn({ precision: "bf16", threads: 2 }));

  test.each(["resnet-basic", "resnet-bottleneck"])(
    "computes %s as the reference does, within its roundings",
    async (name) => {
      const golden = readGolden(name);
      const { block, layers, channels, labels, num_classes } = golden.description;
      const classes = Array.from({ length: num_classes }, (_, index) => `class ${index}`);
      const { backbones } = createTraining({ plugins: [resnet()], services: { classes } });
      const model = backbones.create("resnet", { block, depths: layers, widths: channels });
      model.parameters.import(golden.part("weights"));
      const depth = [...golden.part("weights").values()].filter(({ shape }) => shape.length === 4).length;

      const outputs = tf.tidy(() => model.forward({ images: golden.images }, "eval").logits?.dataSync() ?? []);
      expect(difference(outputs, golden.value("out.eval"))).toBeLessThan(allowed(depth));

      let logits: ArrayLike<number> = [];
      const { value, grads } = tf.variableGrads(() => {
        const made = model.forward({ images: golden.images }, "train");
        logits = made.logits?.dataSync() ?? [];
        const wanted = tf.oneHot(tf.tensor1d([...labels], "int32"), num_classes);
        return tf.losses.softmaxCrossEntropy(wanted, made.logits as tf.Tensor2D).asScalar();
      }, [...model.parameters.trained.values()]);
      expect(difference(logits, golden.value("out.train"))).toBeLessThan(allowed(depth));
      expect(difference(value.dataSync(), golden.value("out.loss"))).toBeLessThan(allowed(depth));

      const step = resnetStep({
        block,
        depths: layers,
        labels,
        weights: golden.part("weights"),
        images: golden.value("input"),
      });
      const exact = exactGradients(step);
      const moved = sensitivities(step, exact, 4, rounding);
      for (const [parameter, variable] of model.parameters.trained) {
        const gradient = tf.tidy(() => turn(grads[variable.name] as tf.Tensor).dataSync());
        const wanted = exact.get(parameter) as Float64Array;
        const largest = Math.max(...wanted.map((one, index) => Math.abs((gradient[index] as number) - one)));
        expect(largest / (moved.get(parameter) as number), parameter).toBeLessThan(roundings);
      }
      const exported = await model.parameters.export();
      for (const [parameter, array] of golden.part("after"))
        expect(difference(exported.get(parameter)?.data as Float32Array, array), parameter).toBeLessThan(
          allowed(depth),
        );
      tf.dispose([value, grads, golden.images]);
    },
    120_000,
  );

  compareTokens(
    { name: "onednn in bf16", start: () => startOnednn({ precision: "bf16", threads: 2 }).then(() => {}) },
    (products) => ({
      difference,
      outputs: allowed(products),
      gradients: allowed(3 * products),
    }),
  );

  test.each(goldenLosses("kd"))("computes the golden distillation losses as floats do, case %#", expectGolden);
});
