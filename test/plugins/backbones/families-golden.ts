/**
 * Classifiers of several families against reference values computed in float64.
 *
 * Every tensor is judged value by value: the difference, relative to the expected value or to a tenth of the tensor's largest
 * magnitude, whichever is larger, stays below 1e-4. A gradient of MobileNetV2 that is further off is measured by how far
 * rounding alone moves it, as those of residual networks are (decision 0019): PyTorch's own float32 is off by up to 0.84e-4 here.
 */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, type Model, type NamedArray } from "../../../core/index.js";
import { bit, efficientnet, mobilenet } from "../../../plugins/backbones/index.js";
import { mobilenetStep } from "../../support/float64-mobilenet.js";
import { exactGradients, type Gradients, sensitivities } from "../../support/float64-network.js";
import {
  bytesOf,
  difference,
  expectEvaluation,
  type GoldenEngine,
  type GoldenNetwork,
  hasGolden,
  readGolden,
  turn,
  valuesOf,
} from "./golden.js";
import "../../support/matchers.js";

const tolerance = 1e-4;
/** Roundings of single operands that a gradient may be off. */
const roundings = 20;

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

interface EfficientnetDescription extends Description {
  /** Expansion, kernel, stride, channels in, channels out and blocks of each stage. */
  readonly rows: readonly (readonly [number, number, number, number, number, number])[];
  readonly stem_channels: number;
}

interface BitDescription extends Description {
  readonly layers: readonly number[];
  readonly channels: readonly number[];
  readonly stem_channels: number;
}

type Registered = ReturnType<typeof registered>;

function registered({ num_classes }: Description) {
  const classes = Array.from({ length: num_classes }, (_, index) => `class ${index}`);
  return createTraining({ plugins: [mobilenet(), efficientnet(), bit()], services: { classes } }).backbones;
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
  efficientnet: (backbones: Registered, description: Description) => {
    const { rows, stem_channels } = description as EfficientnetDescription;
    return backbones.create("efficientnet", {
      depths: rows.map(([, , , , , blocks]) => blocks),
      widths: rows.map(([, , , , channels]) => channels),
      strides: rows.map(([, , stride]) => stride),
      expansions: rows.map(([expansion]) => expansion),
      kernels: rows.map(([, kernel]) => kernel),
      stem: stem_channels,
      dropout: 0,
      dropPath: 0,
    });
  },
  "bit-resnetv2": (backbones: Registered, description: Description) => {
    const { layers, channels, stem_channels } = description as BitDescription;
    return backbones.create("bit", { depths: layers, widths: channels, stem: stem_channels });
  },
} as const;

type Family = keyof typeof families;

const files = Object.keys(families) as Family[];

/** Declares the tests of one engine. A clone without the shared files has fewer to compare with. */
export function compareFamilies({ name: engine, start }: GoldenEngine, chosen: readonly Family[] = files): void {
  for (const name of chosen.filter((name) => !hasGolden(name)))
    test.skip(`on ${engine}, ${name}: there is no ../shared`, () => {});

  describe.each(chosen.filter(hasGolden))(`on ${engine}, %s`, (name) => {
    let golden: GoldenNetwork<Description>;
    let model: Model;

    beforeAll(async () => {
      await start();
      golden = readGolden<Description>(name);
      model = families[name](registered(golden.description), golden.description);
      const weights = golden.part("weights");
      const own = [...model.parameters.shapes].filter(([parameter]) => !parameter.endsWith("num_batches_tracked"));
      expect(new Map(own)).toEqual(new Map([...weights].map(([parameter, { shape }]) => [parameter, shape])));
      model.parameters.import(weights);
    });

    test("computes the reference's logits and features in evaluation", () =>
      expectEvaluation(model, golden, tolerance));

    test("looks with batch statistics without moving anything", async () => {
      const before = bytesOf(await model.parameters.export());
      const { images } = golden;
      const [logits] = await valuesOf(() => [model.forward({ images }, "batch-statistics").logits]);
      expect(difference(logits ?? [], golden.value("out.train"))).toBeLessThan(tolerance);
      expect(bytesOf(await model.parameters.export()).equals(before)).toBe(true);
    }, 60_000);

    test("computes the reference's loss, gradients and running statistics in a training step", async () => {
      const { labels, num_classes } = golden.description;
      const { trained } = model.parameters;
      const before = tf.memory().numTensors;
      let logits: tf.Tensor | undefined;
      const { value, grads } = tf.variableGrads(() => {
        const outputs = model.forward({ images: golden.images }, "train");
        logits = tf.keep(outputs.logits as tf.Tensor2D);
        const wanted = tf.oneHot(tf.tensor1d([...labels], "int32"), num_classes);
        return tf.losses.softmaxCrossEntropy(wanted, outputs.logits as tf.Tensor2D).asScalar();
      }, [...trained.values()]);
      expect(difference((await logits?.data()) ?? [], golden.value("out.train"))).toBeLessThan(tolerance);
      expect(difference(await value.data(), golden.value("out.loss"))).toBeLessThan(tolerance);
      const expected = golden.part("grad");
      expect([...trained.keys()].sort()).toEqual([...expected.keys()].sort());
      const gradients = await valuesOf(() => [...trained.values()].map(({ name }) => turn(grads[name] as tf.Tensor)));
      const off = [...trained.keys()].flatMap((parameter, at) => {
        const gradient = gradients[at] as ArrayLike<number>;
        const by = distance(gradient, expected.get(parameter) as NamedArray);
        const isRounding = () => roundingsOff(golden, parameter, gradient) < roundings;
        return by < tolerance || isRounding() ? [] : [`${parameter}: ${by}`];
      });
      expect(off).toEqual([]);
      tf.dispose([logits ?? [], value, grads]);
      expect(tf.memory().numTensors).toBe(before);

      const exported = await model.parameters.export();
      for (const [parameter, array] of golden.part("after"))
        expect(difference(exported.get(parameter)?.data as Float32Array, array), parameter).toBeLessThan(tolerance);
    }, 120_000);
  });
}

/** As `difference`; absolute where the reference is 0 but for rounding, as of a bias that the next batch norm takes out again. */
function distance(gradient: ArrayLike<number>, wanted: NamedArray): number {
  const isNothing = Math.max(...[...wanted.data].map((entry) => Math.abs(Number(entry)))) < 1e-10;
  if (isNothing) return Math.max(...Array.from(gradient).map(Math.abs));
  return difference(gradient, wanted);
}

/** By how many roundings a gradient is off, at its worst value; infinitely many where no float64 network says. */
function roundingsOff(golden: GoldenNetwork<Description>, parameter: string, gradient: ArrayLike<number>): number {
  if (!("settings" in golden.description)) return Number.POSITIVE_INFINITY;
  const { exact, moved } = referenceOf(golden as GoldenNetwork<MobilenetDescription>);
  const off = Array.from(exact.get(parameter) ?? [], (value, index) => Math.abs((gradient[index] as number) - value));
  return Math.max(...off) / (moved.get(parameter) as number);
}

let reference: { readonly exact: Gradients; readonly moved: ReadonlyMap<string, number> } | undefined;

/** Computed once for all engines, and only where it is needed. */
function referenceOf(golden: GoldenNetwork<MobilenetDescription>) {
  if (reference) return reference;
  const { settings, labels } = golden.description;
  const step = mobilenetStep({ settings, labels, weights: golden.part("weights"), images: golden.value("input") });
  const exact = exactGradients(step);
  // It is the network of the file: what was computed elsewhere in float64 is the same, but for being kept in 24 bits.
  for (const [parameter, values] of golden.part("grad"))
    expect(distance(exact.get(parameter) as Float64Array, values), parameter).toBeLessThan(1e-6);
  reference = { exact, moved: sensitivities(step, exact) };
  return reference;
}
