/** Classifiers of several families against reference values computed in float64; how a tensor is judged: see `difference`. */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, type Model, type NamedArray } from "../../../core/index.js";
import { bit, mobilenet } from "../../../plugins/backbones/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import { difference, type GoldenNetwork, hasGolden, readGolden, turn } from "./golden.js";
import "../../support/matchers.js";

const tolerance = 1e-4;

interface Description {
  readonly num_classes: number;
  readonly labels: readonly number[];
}

interface MobilenetDescription extends Description {
  readonly stem_channels: number;
  /** Expansion, channels, blocks and stride of each stage. */
  readonly settings: readonly (readonly [number, number, number, number])[];
  readonly last_channels: number;
}

interface BitDescription extends Description {
  readonly layers: readonly number[];
  readonly channels: readonly number[];
  readonly stem_channels: number;
}

type Registered = ReturnType<typeof registered>;

function registered({ num_classes }: Description) {
  const classes = Array.from({ length: num_classes }, (_, index) => `class ${index}`);
  return createTraining({ plugins: [mobilenet(), bit()], services: { classes } }).backbones;
}

/** By file, how its network is made here. */
const families = {
  "mobilenet-v2": (backbones: Registered, description: Description) => {
    // The file is of that family.
    const { settings, stem_channels, last_channels } = description as MobilenetDescription;
    return backbones.create("mobilenet", {
      depths: settings.map(([, , blocks]) => blocks),
      widths: settings.map(([, channels]) => channels),
      strides: settings.map(([, , , stride]) => stride),
      expansions: settings.map(([expansion]) => expansion),
      stem: stem_channels,
      last: last_channels,
      dropout: 0,
    });
  },
  "bit-resnetv2": (backbones: Registered, description: Description) => {
    const { layers, channels, stem_channels } = description as BitDescription;
    return backbones.create("bit", { depths: layers, widths: channels, stem: stem_channels });
  },
} as const;

const files = Object.keys(families) as (keyof typeof families)[];

describe.each(engineNames)("on %s", (engine) => {
  // A clone without the shared files has nothing to compare with.
  describe.skipIf(!files.every(hasGolden)).each(files)("%s (skipped without ../shared)", (name) => {
    let golden: GoldenNetwork<Description>;
    let model: Model;

    beforeAll(async () => {
      await startEngine(engine);
      golden = readGolden<Description>(name);
      model = families[name](registered(golden.description), golden.description);
      const weights = golden.part("weights");
      const own = [...model.parameters.shapes].filter(([parameter]) => !parameter.endsWith("num_batches_tracked"));
      expect(new Map(own)).toEqual(new Map([...weights].map(([parameter, { shape }]) => [parameter, shape])));
      model.parameters.import(weights);
    });

    test("computes the reference's logits and features in evaluation", () => {
      const outputs = tf.tidy(() => {
        const { logits, features } = model.forward({ images: golden.images }, "eval");
        return { logits: logits?.dataSync(), features: features?.transpose([0, 3, 1, 2]).dataSync() };
      });
      expect(difference(outputs.logits ?? [], golden.value("out.eval"))).toBeLessThan(tolerance);
      expect(difference(outputs.features ?? [], golden.value("out.eval.features"))).toBeLessThan(tolerance);
    });

    test("looks with batch statistics without moving anything", async () => {
      const before = await model.parameters.export();
      const { images } = golden;
      const logits = tf.tidy(() => model.forward({ images }, "batch-statistics").logits?.dataSync() ?? []);
      expect(difference(logits, golden.value("out.train"))).toBeLessThan(tolerance);
      expect(await model.parameters.export()).toEqual(before);
    }, 60_000);

    test("computes the reference's loss, gradients and running statistics in a training step", async () => {
      const { labels, num_classes } = golden.description;
      const { trained } = model.parameters;
      const before = tf.memory().numTensors;
      let logits: ArrayLike<number> = [];
      const { value, grads } = tf.variableGrads(() => {
        const outputs = model.forward({ images: golden.images }, "train");
        logits = outputs.logits?.dataSync() ?? [];
        const wanted = tf.oneHot(tf.tensor1d([...labels], "int32"), num_classes);
        return tf.losses.softmaxCrossEntropy(wanted, outputs.logits as tf.Tensor2D).asScalar();
      }, [...trained.values()]);
      expect(difference(logits, golden.value("out.train"))).toBeLessThan(tolerance);
      expect(difference(value.dataSync(), golden.value("out.loss"))).toBeLessThan(tolerance);
      const expected = golden.part("grad");
      expect([...trained.keys()].sort()).toEqual([...expected.keys()].sort());
      const off = [...trained].flatMap(([parameter, variable]) => {
        const gradient = tf.tidy(() => turn(grads[variable.name] as tf.Tensor).dataSync());
        const by = distance(gradient, expected.get(parameter) as NamedArray);
        return by < tolerance ? [] : [`${parameter}: ${by}`];
      });
      expect(off).toEqual([]);
      tf.dispose([value, grads]);
      expect(tf.memory().numTensors).toBe(before);

      const exported = await model.parameters.export();
      for (const [parameter, array] of golden.part("after"))
        expect(difference(exported.get(parameter)?.data as Float32Array, array), parameter).toBeLessThan(tolerance);
    }, 120_000);
  });
});

/** As `difference`; absolute where the reference is 0 but for rounding, as of a bias that the next batch norm takes out again. */
function distance(gradient: ArrayLike<number>, wanted: NamedArray): number {
  const isNothing = Math.max(...[...wanted.data].map((entry) => Math.abs(Number(entry)))) < 1e-10;
  if (isNothing) return Math.max(...Array.from(gradient).map(Math.abs));
  return difference(gradient, wanted);
}
