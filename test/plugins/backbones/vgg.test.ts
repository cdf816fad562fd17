import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Backbones, createRandom } from "../../../core/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";
import { blank, create } from "./building.js";
import { expectPublished } from "./published.js";

const small = { depths: [1, 2], widths: [4, 6], hidden: 10 } as const;
const images = (side: number) => tf.tensor4d(createRandom(1).normals(2 * side * side * 3), [2, side, side, 3]);

// The cpu engine keeps the arrays it is given, so that blank weights take no memory.
beforeAll(() => startEngine("cpu"));

describe("names, shapes and number of weights", () => {
  test.each([
    ["vgg16", 138_357_544],
    ["vgg16_bn", 138_365_992],
    ["vgg19", 143_667_240],
  ] as const)("of %s are torchvision's", (name, size) => {
    const { model, weights } = expectPublished(name);
    expect([...model.parameters.trained.keys()]).toEqual(weights);
    expect(model.parameters.size).toBe(size);
  });

  test("with the head of the knowledge-transfer paper are its code's numbers", () => {
    const head = "max-pool-mlp";
    expect(create("vgg16_bn", { head }, 200, blank).parameters.size).toBe(17_653_000);
    expect(create("resnet50", { head }, 200, blank).parameters.size).toBe(24_664_840);
  });

  test.each([
    ["vgg11", 9_220_480],
    ["vgg11_bn", 9_225_984],
    ["vgg13", 9_404_992],
    ["vgg13_bn", 9_410_880],
    ["vgg16", 14_714_688],
    ["vgg16_bn", 14_723_136],
    ["vgg19", 20_024_384],
    ["vgg19_bn", 20_035_392],
  ] as const)("of the trunk of %s are the published ones", (name, size) => {
    expect(create(name, { head: "linear" }, 10, blank).parameters.size).toBe(size + 10 * 513);
  });
});

describe("new weights", () => {
  const deviation = (data: Float32Array) =>
    Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);

  test("are kaiming normal by fan-out in convolutions, normal in the head, and 0 in every bias", async () => {
    const weights = await create("vgg", { depths: [1, 1], widths: [32, 64], hidden: 20 }).parameters.export();
    const values = (name: string) => weights.get(name)?.data as Float32Array;
    expect(deviation(values("features.0.weight"))).toBeCloseTo(Math.sqrt(2 / (9 * 32)), 2);
    expect(deviation(values("features.3.weight"))).toBeCloseTo(Math.sqrt(2 / (9 * 64)), 3);
    expect(deviation(values("classifier.0.weight"))).toBeCloseTo(0.01, 3);
    for (const [name, { data }] of weights)
      if (name.endsWith(".bias"))
        expect(
          [...data].every((value) => value === 0),
          name,
        ).toBe(true);
  });
});

describe("the map", () => {
  test("is a 32nd of the image's sides", () => {
    const model = create("vgg", { depths: [1, 1, 2, 2, 2], widths: [2, 2, 2, 2, 8], head: "linear" });
    expect(tf.tidy(() => model.forward({ images: tf.zeros([1, 64, 96, 3]) }, "eval").features?.shape)).toEqual([
      1, 2, 3, 8,
    ]);
  });
});

describe("the vgg head", () => {
  test("reads a map of any size, in the order of public weights", () => {
    const model = create("vgg", small);
    const weight = (name: string) => model.parameters.trained.get(name) as tf.Variable;
    for (const side of [56, 28, 12]) {
      const { logits, features } = model.forward({ images: images(side) }, "eval");
      const flat = poolNaively(features as tf.Tensor4D, 7);
      const layer = (x: tf.Tensor, name: string) => x.matMul(weight(`${name}.weight`)).add(weight(`${name}.bias`));
      const hidden = layer(layer(flat, "classifier.0").relu(), "classifier.3").relu();
      expect(logits as tf.Tensor).toBeAllclose(layer(hidden, "classifier.6"));
    }
  });

  test("leaves out hidden values in training only, and others each time", () => {
    const model = create("vgg", { ...small, hidden: 400, dropout: 0.5 });
    const batch = { images: images(16) };
    const logits = (mode: "train" | "eval" | "batch-statistics") =>
      Array.from(tf.tidy(() => model.forward(batch, mode).logits as tf.Tensor).dataSync());
    expect(logits("eval")).toEqual(logits("eval"));
    expect(logits("batch-statistics")).toEqual(logits("eval"));
    const [first, second] = [logits("train"), logits("train")];
    expect(first).not.toEqual(second);
    expect(first).not.toEqual(logits("eval"));
  });

  test("keeps the expected sum when it leaves values out", () => {
    const model = create("vgg", { depths: [1], widths: [2], hidden: 200, dropout: 0.3 });
    // Weights of one sign, so that the values that are left out do not cancel each other.
    for (const [name, variable] of model.parameters.trained)
      if (name.startsWith("classifier")) variable.assign(tf.fill(variable.shape, 0.01));
    const batch = { images: images(7) };
    const logits = (mode: "train" | "eval") => model.forward(batch, mode).logits as tf.Tensor2D;
    const mean = tf.tidy(() => tf.addN(Array.from({ length: 30 }, () => logits("train"))).div(30));
    expect(mean).toBeAllclose(logits("eval"), { relative: 0.05 });
  });
});

describe("the max-pool-mlp head", () => {
  test("pools by the largest value and classifies through one hidden layer", () => {
    const model = create("vgg", { ...small, head: "max-pool-mlp", batchNorm: true });
    const weight = (name: string) => model.parameters.trained.get(name) as tf.Variable;
    const batch = { images: images(12) };
    tf.tidy(() => void model.forward(batch, "train"));
    const { logits, features } = model.forward(batch, "batch-statistics");
    const norm = (x: tf.Tensor, name: string) => {
      const { mean, variance } = tf.moments(x, 0);
      const whitened = x.sub(mean).div(variance.add(1e-5).sqrt());
      return whitened.mul(weight(`${name}.weight`)).add(weight(`${name}.bias`));
    };
    const layer = (x: tf.Tensor, name: string) => x.matMul(weight(`${name}.weight`)).add(weight(`${name}.bias`));
    const pooled = (features as tf.Tensor4D).max([1, 2]);
    const hidden = norm(layer(norm(pooled, "head.bn1"), "head.fc1"), "head.bn2").elu();
    expect(logits as tf.Tensor).toBeAllclose(layer(hidden, "head.fc2"), { absolute: 1e-4 });
  });
});

describe("refuses", () => {
  test.each([
    [{ ...small, widths: [4] }, '"widths" must be a list of 2'],
    [{ ...small, depths: [1, 0.5] }, '"depths" must be a list of at least one: whole positive numbers'],
    [{ ...small, head: "gap" }, '"head" must be one of vgg, linear, squeeze-excite, max-pool-mlp'],
    [{ ...small, hidden: 0 }, '"hidden" must be whole and positive'],
    [{ ...small, dropout: 1 }, '"dropout" must be in [0, 1)'],
    [{ ...small, batchNorm: 1 }, '"batchNorm" must be a boolean'],
    [{ widths: [4] }, '"depths" must be given'],
  ])("%j", (options, message) => {
    expect(() => create("vgg", options as Backbones["vgg"])).toThrow(message);
  });
  test("to be built for no classes", () => {
    expect(() => create("vgg11", {}, 0)).toThrow('FGKD_MISSING_FIELD [backbone vgg11] needs "classes"');
  });
});

/** `[batch, channels · side · side]`, channel by channel: means over windows, written as PyTorch's documentation says. */
function poolNaively(map: tf.Tensor4D, side: number): tf.Tensor2D {
  const [batch, height, width, channels] = map.shape;
  const edges = (length: number) =>
    Array.from({ length: side }, (_, i) => [Math.floor((i * length) / side), Math.ceil(((i + 1) * length) / side)]) as [
      number,
      number,
    ][];
  const cells = edges(height).flatMap(([top, bottom]) =>
    edges(width).map(([left, right]) =>
      map.slice([0, top, left, 0], [batch, bottom - top, right - left, channels]).mean([1, 2]),
    ),
  );
  return tf.stack(cells, 2).reshape([batch, channels * side * side]);
}
