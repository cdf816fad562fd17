/** VGG networks against reference values computed with PyTorch; how a tensor is judged: see `difference`. */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, type Model, type NamedArray } from "../../../core/index.js";
import { vgg } from "../../../plugins/backbones/index.js";
import { difference, type GoldenEngine, type GoldenNetwork, hasGolden, readGolden, turn, valuesOf } from "./golden.js";
import "../../support/matchers.js";

const tolerance = 1e-4;

interface VggDescription {
  /** Channels of each convolution; `M` is a pool. */
  readonly cfg: readonly (number | "M")[];
  readonly batch_norm: boolean;
}

function build({ description: { cfg, batch_norm } }: GoldenNetwork<VggDescription>): Model {
  const stages = cfg
    .join(" ")
    .split("M")
    .map((stage) => stage.trim().split(" ").map(Number))
    .slice(0, -1);
  const { backbones } = createTraining({ plugins: [vgg()], services: { classes: ["one", "other"] } });
  const [depths, widths] = [stages.map(({ length }) => length), stages.map(([width]) => width as number)];
  return backbones.create("vgg", { depths, widths, batchNorm: batch_norm, head: "linear" });
}

const files = ["vgg-features", "vgg-bn-features"];

/** Declares the tests of one engine. A clone without the shared files has nothing to compare with. */
export function compareVgg({ name: engine, start }: GoldenEngine, chosen: readonly string[] = files): void {
  describe.skipIf(!files.every(hasGolden)).each(chosen)(`on ${engine}, %s (skipped without ../shared)`, (name) => {
    let golden: GoldenNetwork<VggDescription>;
    let model: Model;
    const features = (mode: "train" | "eval" | "batch-statistics") =>
      model.forward({ images: golden.images }, mode).features as tf.Tensor4D;
    const values = async (mode: "eval" | "batch-statistics") =>
      (await valuesOf(() => [features(mode).transpose([0, 3, 1, 2])]))[0] ?? [];

    beforeAll(async () => {
      await start();
      golden = readGolden<VggDescription>(name);
      model = build(golden);
      model.parameters.import(golden.part("weights"));
    });

    test("computes the reference's features in evaluation", async () => {
      expect(difference(await values("eval"), golden.value("out.eval"))).toBeLessThan(tolerance);
    });

    test("looks with batch statistics without moving anything", async () => {
      const before = await model.parameters.export();
      expect(difference(await values("batch-statistics"), golden.value("out.train"))).toBeLessThan(tolerance);
      expect(await model.parameters.export()).toEqual(before);
    }, 60_000);

    test("computes the reference's loss, gradients and running statistics in a training step", async () => {
      const trunk = [...model.parameters.trained].filter(([parameter]) => parameter.startsWith("features."));
      const before = tf.memory().numTensors;
      const { value, grads } = tf.variableGrads(
        () => features("train").square().mean().asScalar(),
        trunk.map(([, variable]) => variable),
      );
      expect(difference(await value.data(), golden.value("out.loss"))).toBeLessThan(tolerance);
      const expected = golden.part("grad");
      expect(trunk.map(([parameter]) => parameter)).toEqual([...expected.keys()]);
      const gradients = await valuesOf(() => trunk.map(([, { name }]) => turn(grads[name] as tf.Tensor)));
      for (const [at, [parameter]] of trunk.entries()) {
        const gradient = gradients[at] ?? [];
        const wanted = expected.get(parameter) as NamedArray;
        // Batch norm takes the bias out again: what the reference has there is rounding.
        const cancels = Math.max(...[...wanted.data].map((entry) => Math.abs(Number(entry)))) < 1e-6;
        expect(cancels, parameter).toBe(golden.description.batch_norm && isConvolutionBias(parameter, expected));
        if (cancels)
          expect(
            Array.from(gradient).every((entry) => Math.abs(entry) < 1e-6),
            parameter,
          ).toBe(true);
        else expect(difference(gradient, wanted), parameter).toBeLessThan(tolerance);
      }
      tf.dispose([value, grads]);
      expect(tf.memory().numTensors).toBe(before);

      const exported = await model.parameters.export();
      for (const [parameter, array] of golden.part("after"))
        expect(difference(exported.get(parameter)?.data as Float32Array, array), parameter).toBeLessThan(tolerance);
    }, 120_000);
  });
}

/** The bias whose weight has four sides. */
function isConvolutionBias(name: string, all: ReadonlyMap<string, NamedArray>): boolean {
  return name.endsWith(".bias") && all.get(name.replace(/bias$/, "weight"))?.shape.length === 4;
}
