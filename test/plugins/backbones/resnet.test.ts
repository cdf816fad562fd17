import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Backbones, createRandom, type Model } from "../../../core/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";
import { blank, create, keep, training } from "./building.js";
import { expectPublished } from "./published.js";

const small = { depths: [1, 1], widths: [4, 6], stem: { filters: 4, size: 3, stride: 1, pool: false } } as const;

beforeAll(() => startEngine("wasm"));

describe.each([
  ["resnet18", 512, 11_176_512],
  ["resnet34", 512, 21_284_672],
  ["resnet50", 2048, 23_508_032],
  ["resnet101", 2048, 42_500_160],
] as const)("%s", (name, channels, trunk) => {
  test("has the names, shapes and number of weights of torchvision's", () => {
    const { model } = expectPublished(name);
    expect(model.parameters.size).toBe(trunk + 1000 * (channels + 1));
  });
});

describe("the number of parameters", () => {
  test("follows the classes", () => {
    expect(create("resnet18", {}, 200, blank).parameters.size).toBe(11_279_112);
  });
  test("grows by the gate of the squeeze-excite head", () => {
    const [plain, gated] = [
      create("resnet", small),
      create("resnet", { ...small, head: "squeeze-excite", reduction: 4 }),
    ];
    expect(gated.parameters.size - plain.parameters.size).toBe(6 * 1 + 1 + 1 * 6 + 6);
    expect(gated.parameters.shapes.get("se.fc1.weight")).toEqual([1, 6]);
    expect(gated.parameters.shapes.get("se.fc2.weight")).toEqual([6, 1]);
  });
});

describe("new weights", () => {
  const values = async (model: Model, name: string) =>
    (await model.parameters.export()).get(name)?.data as Float32Array;
  const deviation = (data: Float32Array) =>
    Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);

  test("are kaiming normal by fan-out in convolutions", async () => {
    const model = create("resnet", { depths: [1], widths: [64] });
    expect(deviation(await values(model, "conv1.weight"))).toBeCloseTo(Math.sqrt(2 / (7 * 7 * 64)), 2);
    expect(deviation(await values(model, "layer1.0.conv1.weight"))).toBeCloseTo(Math.sqrt(2 / (9 * 64)), 3);
  });
  test("are uniform by fan-in in the classifier, its bias included", async () => {
    const model = create("resnet", { ...small, widths: [16, 64] }, 50);
    for (const name of ["fc.weight", "fc.bias"]) {
      const data = await values(model, name);
      expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(1 / 8);
      expect(deviation(data)).toBeCloseTo(1 / 8 / Math.sqrt(3), 1);
    }
  });
  test("start batch norm at scale 1, and the last of each branch at 0 where that is wanted", async () => {
    const usual = await create("resnet", small).parameters.export();
    const zero = await create("resnet", { ...small, block: "bottleneck", zeroInitResidual: true }).parameters.export();
    const ones = (length: number) => new Float32Array(length).fill(1);
    expect(usual.get("layer1.0.bn2.weight")?.data).toEqual(ones(4));
    expect(zero.get("layer1.0.bn2.weight")?.data).toEqual(ones(4));
    expect(zero.get("layer1.0.bn3.weight")?.data).toEqual(new Float32Array(16));
    expect(zero.get("layer1.0.downsample.1.weight")?.data).toEqual(ones(16));
  });
  test("come from the run's seed and the model's role alone", async () => {
    const make = (from: ReturnType<typeof training>, role: string) =>
      values(keep(from.backbones.choose({ name: "resnet", ...small }, `models/${role}`)), "conv1.weight");
    const [one, other] = [training(3), training(3)];
    const student = await make(one, "student");
    expect(await make(other, "student")).toEqual(student);
    expect(await make(one, "teacher")).not.toEqual(student);
  });
});

describe("the shape of the map", () => {
  const features = (options: Backbones["resnet"], side: number) => {
    const model = create("resnet", options);
    return tf.tidy(() => model.forward({ images: tf.zeros([1, side, side, 3]) }, "eval").features?.shape);
  };
  const four = { depths: [1, 1, 1, 1], widths: [4, 4, 6, 8] };

  test("is a 32nd of the image's sides, rounded up", () => {
    expect(features(four, 64)).toEqual([1, 2, 2, 8]);
    expect(features(four, 112)).toEqual([1, 4, 4, 8]);
  });
  test("is larger without max pool, with a stem of stride 1, or with other strides", () => {
    expect(features({ ...four, stem: { pool: false } }, 64)).toEqual([1, 4, 4, 8]);
    expect(features({ ...four, stem: { size: 3, stride: 1, pool: false } }, 32)).toEqual([1, 4, 4, 8]);
    expect(features({ ...four, strides: [1, 2, 2, 1] }, 64)).toEqual([1, 4, 4, 8]);
  });
  test("has four times as many channels after bottlenecks", () => {
    expect(features({ ...four, block: "bottleneck" }, 32)).toEqual([1, 1, 1, 32]);
  });
});

describe("the squeeze-excite head", () => {
  test("gates the pooled map and classifies what is left", () => {
    const model = create("resnet", { ...small, head: "squeeze-excite", reduction: 2 });
    const variable = (name: string) => model.parameters.trained.get(name) as tf.Variable;
    const images = tf.tensor4d(createRandom(1).normals(2 * 8 * 8 * 3), [2, 8, 8, 3]);
    const { logits, features, gate } = model.forward({ images }, "eval");
    const pooled = (features as tf.Tensor).mean([1, 2]);
    const hidden = pooled.matMul(variable("se.fc1.weight")).add(variable("se.fc1.bias")).relu();
    const wanted = hidden.matMul(variable("se.fc2.weight")).add(variable("se.fc2.bias")).sigmoid();
    expect(gate as tf.Tensor).toBeAllclose(wanted);
    const classified = wanted.mul(pooled).matMul(model.classifier?.weight as tf.Tensor);
    expect(logits as tf.Tensor).toBeAllclose(classified.add(model.classifier?.bias as tf.Tensor));
  });
  test("has a hidden value even where the reduction exceeds the channels", () => {
    const model = create("resnet", { ...small, head: "squeeze-excite", reduction: 100 });
    expect(model.parameters.shapes.get("se.fc1.weight")).toEqual([1, 6]);
  });
});

describe("exported weights", () => {
  test("make another model the same", async () => {
    const [one, other] = [create("resnet", small), create("resnet", { ...small, zeroInitResidual: true })];
    const images = tf.tensor4d(createRandom(1).normals(2 * 8 * 8 * 3), [2, 8, 8, 3]);
    // Moves the running statistics, which travel too.
    tf.tidy(() => void one.forward({ images }, "train"));
    const exported = await one.parameters.export();
    other.parameters.import(exported);
    expect(await other.parameters.export()).toEqual(exported);
    const [a, b] = [one, other].map((model) => model.forward({ images }, "eval").logits as tf.Tensor);
    expect(a as tf.Tensor).toBeAllclose(b as tf.Tensor);
  });
});

describe("refuses", () => {
  test.each([
    [{ ...small, widths: [4] }, '"widths" must be a list of 2'],
    [{ ...small, depths: [] }, '"depths" must be a list of at least one'],
    [
      { ...small, depths: [1, 0.5] },
      '"depths" must be a list of at least one: whole positive numbers, received [1,0.5]',
    ],
    [{ ...small, strides: [1] }, '"strides" must be a list of 2'],
    [{ ...small, reduction: 0 }, '"reduction" must be whole and positive'],
    [{ ...small, block: "basik" }, '"block" must be one of basic, bottleneck'],
    [{ ...small, head: "gap" }, '"head" must be one of linear, squeeze-excite, max-pool-mlp'],
    [{ ...small, stem: { pool: 1 } }, '"stem.pool" must be true or false'],
    [{ ...small, stem: { kernel: 3 } }, 'has no option "stem.kernel"'],
    [{ widths: [4] }, '"depths" must be given'],
  ])("%j", (options, message) => {
    expect(() => training(3).backbones.choose({ name: "resnet", ...options })).toThrow(message);
  });
  test("to be built for no classes", () => {
    expect(() => training(0).backbones.create("resnet18")).toThrow(
      'FGKD_MISSING_FIELD [backbone resnet18] needs "classes"',
    );
  });
});
