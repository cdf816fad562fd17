import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom, createTraining, type Model } from "../../../core/index.js";
import { resnet, vgg } from "../../../plugins/backbones/index.js";
import { assemble, batchNorm, construct, convolution, head } from "../../../plugins/layers/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

beforeAll(() => startEngine("cpu"));

const { backbones } = createTraining({ plugins: [resnet(), vgg()], services: { classes: ["wren", "robin"] } });
const images = () => tf.randomNormal([2, 32, 32, 3], 0, 1, "float32", 5) as tf.Tensor4D;
const small = { depths: [2, 1], widths: [4, 8], stem: { filters: 4 } } as const;

const networks: readonly (readonly [string, () => Model, readonly string[]])[] = [
  ["resnet", () => backbones.create("resnet", small), ["layer1.0", "layer1.1", "layer1", "layer2.0", "layer2"]],
  [
    "vgg",
    () => backbones.create("vgg", { depths: [1, 2], widths: [4, 8], head: "linear" }),
    ["features.1", "features.2", "features.4", "features.6", "features.7"],
  ],
  [
    "vgg with batch norm",
    () => backbones.create("vgg", { depths: [1, 1], widths: [4, 8], head: "linear", batchNorm: true }),
    ["features.2", "features.3", "features.6", "features.7"],
  ],
];

describe.each(networks)("the maps of a %s", (_, build, names) => {
  test("have public names, in the order of the network", () => {
    expect(build().maps?.map(({ name }) => name)).toEqual(names);
  });

  test("are of the channels and sides that the model says", () => {
    const model = build();
    const { maps } = model.forward({ images: images() }, "eval", { maps: names });
    expect(Object.keys(maps ?? {})).toEqual(names);
    for (const { name, channels, stride } of model.maps ?? [])
      expect(maps?.[name]?.shape, name).toEqual([2, 32 / stride, 32 / stride, channels]);
  });

  test("are given only where they are wanted, in every mode", () => {
    const model = build();
    for (const mode of ["train", "batch-statistics", "eval"] as const) {
      expect(model.forward({ images: images() }, mode).maps).toBeUndefined();
      const { maps } = model.forward({ images: images() }, mode, { maps: names.slice(1, 2) });
      expect(Object.keys(maps ?? {})).toEqual(names.slice(1, 2));
    }
  });

  test("are refused by a name that the network does not have", () => {
    expect(() => build().forward({ images: images() }, "eval", { maps: ["layer9"] })).toThrow(
      new RegExp(`FGKD_UNKNOWN_NAME.*layer9.*${names[0]}`),
    );
  });
});

test("the last level's map is what the head sees", () => {
  const model = backbones.create("resnet", small);
  const { maps, features } = model.forward({ images: images() }, "eval", { maps: ["layer2"] });
  expect(maps?.layer2).toBe(features);
});

test("a map that nobody wants is freed at the end of the pass", () => {
  const model = backbones.create("resnet", small);
  const x = images();
  const kept = (maps: readonly string[]) => {
    // What a model derives once, such as folded weights, is not counted.
    tf.tidy(() => void model.forward({ images: x }, "eval"));
    const before = tf.memory().numTensors;
    // Tensors in records all the way down.
    const pass = () => model.forward({ images: x }, "eval", { maps }) as unknown as tf.TensorContainerObject;
    const outputs = tf.tidy(pass);
    const count = tf.memory().numTensors - before;
    tf.dispose(outputs);
    return count;
  };
  expect(kept(["layer1.0", "layer1"]) - kept([])).toBe(2);
});

test("a network of one's own has its maps, its head and its batch norms", () => {
  const at = construct(createRandom(1));
  const norm = batchNorm(at, "norm", 4, { relu: true });
  const conv = convolution(at, "conv", { from: 3, to: 4, size: 3, stride: 2 });
  const model = assemble(at, {
    owner: "backbone tiny-net",
    levels: [{ name: "level1", blocks: [{ name: "conv", channels: 4, stride: 2, apply: conv }] }],
    head: head(at, "fc", { kind: "linear", channels: 4, classes: 2, reduction: 1, hidden: 1, dropout: 0 }),
  });
  expect(norm.apply(tf.zeros([1, 4]), "eval").shape).toEqual([1, 4]);
  expect(model.forward({ images: images() }, "eval").logits?.shape).toEqual([2, 2]);
  expect(model.maps?.filter(({ endsLevel }) => endsLevel).map(({ name }) => name)).toEqual(["level1"]);
  expect(() => model.forward({}, "eval")).toThrow("backbone tiny-net");
});

describe("a pass through many blocks", () => {
  const names = ["a", "b", "c", "d", "e", "f"];

  /** A network of six blocks that each note how many tensors there are before them. */
  function counted() {
    const counts: number[] = [];
    const at = construct(createRandom(0));
    const block = (name: string) => ({
      name,
      channels: 3,
      apply: (x: tf.Tensor4D) => {
        counts.push(tf.memory().numTensors);
        return x.add<tf.Tensor4D>(1);
      },
    });
    const levels = names.map((name) => ({ name, blocks: [block(name)] }));
    const own = head(at, "fc", { kind: "linear", channels: 3, classes: 2, reduction: 4, hidden: 4, dropout: 0 });
    return { model: assemble(at, { owner: "counted", levels, head: own }), counts };
  }

  const growth = (counts: readonly number[]) => (counts.at(-1) as number) - (counts[1] as number);

  test("holds one map at a time in evaluation, and leaves the images", () => {
    const { model, counts } = counted();
    const given = images();
    tf.tidy(() => void model.forward({ images: given }, "eval"));
    expect(growth(counts)).toBe(0);
    expect(given.isDisposed).toBe(false);
    given.dispose();
  });

  test("holds the wanted ones beside it", () => {
    const { model, counts } = counted();
    const given = images();
    const { maps } = model.forward({ images: given }, "eval", { maps: ["a", "c"] });
    // Before the second block there is a; before the last there are a, c and e.
    expect(growth(counts)).toBe(2);
    expect(maps?.a?.sub(given).mean()).toBeAllclose(1);
    expect(maps?.c?.sub(given).mean()).toBeAllclose(3);
  });

  test("holds all of them where a gradient is recorded", () => {
    const { model, counts } = counted();
    const loss = (x: tf.Tensor) =>
      (model.forward({ images: x as tf.Tensor4D }, "eval").logits as tf.Tensor).sum().asScalar();
    const slopes = tf.grad(loss)(images());
    expect(growth(counts)).toBeGreaterThanOrEqual(4);
    expect(slopes.shape).toEqual([2, 32, 32, 3]);
  });
});
