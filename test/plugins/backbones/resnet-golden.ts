/**
 * Residual networks against reference values computed with PyTorch, and their gradients against float64.
 *
 * Every output and statistic is judged value by value: the difference, relative to the expected value or to a tenth of the
 * tensor's largest magnitude, whichever is larger, stays below 1e-4.
 *
 * Of the gradients no float32 library knows so many digits, PyTorch neither: there the difference from float64 is measured
 * by how far rounding alone moves that gradient (decision 0019).
 */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, type Model } from "../../../core/index.js";
import { resnet } from "../../../plugins/backbones/index.js";
import { startEngine } from "../../support/engines.js";
import { exactGradients, type Gradients, sensitivities } from "../../support/float64-network.js";
import { resnetStep } from "../../support/float64-resnet.js";
import {
  difference,
  expectEvaluation,
  type GoldenEngine,
  type GoldenNetwork,
  readGolden,
  turn,
  valuesOf,
} from "./golden.js";
import "../../support/matchers.js";

const tolerance = 1e-4;
/** Roundings of single operands that a gradient may be off; the libraries that were measured are off by 5 to 13. */
const roundings = 20;
const networks = ["resnet-basic", "resnet-bottleneck"] as const;

type Network = (typeof networks)[number];

/** A network's gradients in float64, and what rounding moves them by. */
interface Reference {
  readonly exact: Gradients;
  readonly moved: ReadonlyMap<string, number>;
}

const references = new Map<string, Reference>();

/** Computed once for all engines. */
function referenceOf(name: string): Reference {
  const known = references.get(name);
  if (known) return known;
  const golden = readGolden(name);
  const { block, layers: depths, labels } = golden.description;
  const step = resnetStep({ block, depths, labels, weights: golden.part("weights"), images: golden.value("input") });
  const exact = exactGradients(step);
  const reference = { exact, moved: sensitivities(step, exact) };
  references.set(name, reference);
  golden.images.dispose();
  return reference;
}

/** The largest difference from a gradient's exact values, in roundings. */
function roundingsOff(gradient: ArrayLike<number>, parameter: string, { exact, moved }: Reference): number {
  const expected = exact.get(parameter) as Float64Array;
  expect(gradient.length).toBe(expected.length);
  const largest = Math.max(...expected.map((value, index) => Math.abs((gradient[index] as number) - value)));
  return largest / (moved.get(parameter) as number);
}

function build({ description }: GoldenNetwork): Model {
  const classes = Array.from({ length: description.num_classes }, (_, index) => `class ${index}`);
  const { backbones } = createTraining({ plugins: [resnet()], services: { classes } });
  const { block, layers, channels } = description;
  return backbones.create("resnet", { block, depths: layers, widths: channels });
}

/** Declares the tests of the files themselves. */
export function compareReferences(): void {
  describe("the reference values", () => {
    beforeAll(() => startEngine("cpu"));

    test.each(networks)(
      "of %s have the gradients of float64, within rounding",
      (name) => {
        const reference = referenceOf(name);
        const golden = readGolden(name).part("grad");
        expect([...golden.keys()].sort()).toEqual([...reference.exact.keys()].sort());
        for (const [parameter, { data }] of golden)
          expect(roundingsOff(data as Float32Array, parameter, reference), parameter).toBeLessThan(roundings);
      },
      120_000,
    );
  });
}

/** Declares the tests of one engine. */
export function compareResnets({ name: engine, start }: GoldenEngine, chosen: readonly Network[] = networks): void {
  describe.each(chosen)(`on ${engine}, %s`, (name) => {
    let golden: GoldenNetwork;
    let model: Model;

    beforeAll(async () => {
      await start();
      golden = readGolden(name);
      model = build(golden);
      model.parameters.import(golden.part("weights"));
    });

    test("computes the reference's logits and features in evaluation", () =>
      expectEvaluation(model, golden, tolerance));

    test("computes the reference's loss, gradients and running statistics in a training step", async () => {
      const { labels, num_classes } = golden.description;
      const before = tf.memory().numTensors;
      let logits: tf.Tensor | undefined;
      const { value, grads } = tf.variableGrads(() => {
        const outputs = model.forward({ images: golden.images }, "train");
        logits = tf.keep(outputs.logits as tf.Tensor2D);
        const wanted = tf.oneHot(tf.tensor1d([...labels], "int32"), num_classes);
        return tf.losses.softmaxCrossEntropy(wanted, outputs.logits as tf.Tensor2D).asScalar();
      }, [...model.parameters.trained.values()]);

      expect(difference((await logits?.data()) ?? [], golden.value("out.train"))).toBeLessThan(tolerance);
      expect(difference(await value.data(), golden.value("out.loss"))).toBeLessThan(tolerance);
      const reference = referenceOf(name);
      expect(reference.exact.size).toBe(model.parameters.trained.size);
      const { trained } = model.parameters;
      const gradients = await valuesOf(() => [...trained.values()].map(({ name }) => turn(grads[name] as tf.Tensor)));
      for (const [at, parameter] of [...trained.keys()].entries())
        expect(roundingsOff(gradients[at] ?? [], parameter, reference), parameter).toBeLessThan(roundings);
      tf.dispose([logits ?? [], value, grads]);
      expect(tf.memory().numTensors).toBe(before);

      const exported = await model.parameters.export();
      for (const [parameter, array] of golden.part("after"))
        expect(difference(exported.get(parameter)?.data as Float32Array, array), parameter).toBeLessThan(tolerance);
      expect(exported.get("bn1.num_batches_tracked")?.data).toEqual(BigInt64Array.of(1n));
    }, 240_000);

    test("looks with batch statistics without moving anything", async () => {
      model.parameters.import(golden.part("weights"));
      const before = await model.parameters.export();
      const [logits] = await valuesOf(() => [model.forward({ images: golden.images }, "batch-statistics").logits]);
      expect(difference(logits ?? [], golden.value("out.train"))).toBeLessThan(tolerance);
      expect(await model.parameters.export()).toEqual(before);
    }, 60_000);
  });
}
