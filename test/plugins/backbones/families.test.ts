import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Backbones, createRandom, encodeSafetensors, type Model, type NamedArray } from "../../../core/index.js";
import { loadWeights } from "../../../core/models/weights.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";
import { blank, choose, create } from "./building.js";
import { expectPublished } from "./published.js";

const inverted = { depths: [1, 2, 1], widths: [8, 16, 24], strides: [1, 2, 1], expansions: [1, 4, 6], stem: 8 };
/** A small network of each family. */
const small = {
  mobilenet: { ...inverted, last: 32 },
  efficientnet: { ...inverted, kernels: [3, 5, 3] },
  bit: { depths: [1, 2], widths: [128, 256], stem: 32 },
  wrn: { depth: 10, width: 1 },
  resnet: { depths: [1, 2], widths: [8, 16], stem: { filters: 8, size: 3, stride: 1, pool: false } },
} as const satisfies { [N in keyof Backbones]?: Backbones[N] };
type Family = keyof typeof small;
const families = Object.keys(small) as Family[];
const build = (name: Family, options: object = {}, classes = 3): Model =>
  choose({ name, ...small[name], ...options }, classes);
const images = (batch = 2) => tf.tensor4d(createRandom(1).normals(batch * 32 * 32 * 3), [batch, 32, 32, 3]);

beforeAll(() => startEngine("wasm"));

// sizes.long.test.ts has those of every published size.
describe("names, shapes and number of weights", () => {
  test.each(["mobilenet_v2", "efficientnet_b0"] as const)("of %s are torchvision's", (name) => {
    expectPublished(name);
  });

  test("of a wide residual network are DataFree's", () => {
    const names = [...build("wrn").parameters.trained.keys()];
    const block = (at: string, more: readonly string[] = []) =>
      ["bn1.weight", "bn1.bias", "conv1.weight", "bn2.weight", "bn2.bias", "conv2.weight", ...more].map(
        (name) => `${at}.layer.0.${name}`,
      );
    const changing = ["convShortcut.weight"];
    expect(names).toEqual([
      "conv1.weight",
      ...block("block1"),
      ...block("block2", changing),
      ...block("block3", changing),
      ...["bn1.weight", "bn1.bias", "fc.weight", "fc.bias"],
    ]);
  });

  test("follow the width of a MobileNetV2 in multiples of 8, the last layer only upwards", () => {
    const width = (factor: number, name: string) =>
      create("mobilenet_v2", { width: factor }, 10, blank).parameters.shapes.get(name)?.[0];
    // 0.75 · 24 = 18, where 16 would be more than a tenth below.
    expect(width(0.75, "features.2.conv.2.weight")).toBe(24);
    // 0.35 · 24 = 8.4, 0.35 · 16 = 5.6; 1.4 · 24 = 33.6, 1.4 · 96 = 134.4 and 1.4 · 1280 = 1792, each to the nearest.
    expect(width(1.4, "features.11.conv.3.weight")).toBe(136);
    expect(["features.1.conv.1.weight", "features.2.conv.2.weight"].map((name) => width(0.35, name))).toEqual([8, 8]);
    expect(["features.2.conv.2.weight", "features.18.0.weight"].map((name) => width(1.4, name))).toEqual([32, 1792]);
    expect(width(0.35, "features.18.0.weight")).toBe(1280);
  });
});

describe("new weights", () => {
  const deviation = (data: ArrayLike<number>) =>
    Math.sqrt(Array.from(data).reduce((sum, value) => sum + value * value, 0) / data.length);
  const values = async (model: Model) => {
    const arrays = await model.parameters.export();
    return (name: string) => arrays.get(name)?.data as Float32Array;
  };

  test("of convolutions are kaiming normal by fan-out, of depthwise ones by the one channel they see", async () => {
    const mobilenet = await values(build("mobilenet", { widths: [64, 64, 64], stem: 64 }));
    expect(deviation(mobilenet("features.0.0.weight")) / Math.sqrt(2 / (9 * 64))).toBeCloseTo(1, 1);
    expect(deviation(mobilenet("features.2.conv.1.0.weight")) / Math.sqrt(2 / 9)).toBeCloseTo(1, 1);
    const bit = await values(build("bit"));
    expect(deviation(bit("stages.1.blocks.0.conv2.weight")) / Math.sqrt(2 / (9 * 64))).toBeCloseTo(1, 1);
    const wrn = await values(build("wrn"));
    expect(deviation(wrn("block3.layer.0.conv1.weight")) / Math.sqrt(2 / (9 * 64))).toBeCloseTo(1, 1);
    const gate = await values(build("efficientnet", { widths: [64, 64, 64] }));
    expect(deviation(gate("features.2.1.block.2.fc2.weight")) / Math.sqrt(2 / 256)).toBeCloseTo(1, 1);
  });

  test("of classifiers are what each family says", async () => {
    for (const [family, name] of [
      ["mobilenet", "classifier.1"],
      ["bit", "head.fc"],
    ] as const) {
      const weights = await values(build(family, {}, 500));
      expect(deviation(weights(`${name}.weight`)) / 0.01, family).toBeCloseTo(1, 1);
      expect(deviation(weights(`${name}.bias`)), family).toBe(0);
    }
    for (const [family, name, bound] of [
      ["efficientnet", "classifier.1", 1 / Math.sqrt(400)],
      ["wrn", "fc", 1 / Math.sqrt(64)],
    ] as const) {
      const weights = await values(build(family, {}, 400));
      expect(Math.max(...weights(`${name}.weight`).map(Math.abs)) / bound, family).toBeCloseTo(1, 2);
      expect(deviation(weights(`${name}.weight`)) / (bound / Math.sqrt(3)), family).toBeCloseTo(1, 1);
      expect(deviation(weights(`${name}.bias`)), family).toBe(0);
    }
  });
});

describe.each(families)("%s", (family) => {
  test("classifies pooled features by the weights that attention maps read", () => {
    const model = build(family);
    const { logits, features } = model.forward({ images: images() }, "eval");
    const { weight, bias } = model.classifier ?? {};
    const wanted = (features as tf.Tensor4D).mean([1, 2]).matMul(weight as tf.Tensor2D);
    expect(logits as tf.Tensor).toBeAllclose(wanted.add(bias as tf.Tensor), { absolute: 1e-5 });
  });

  test("takes other heads", () => {
    const gated = build(family, { head: "squeeze-excite", reduction: 4 });
    expect(gated.fresh).toEqual(["se"]);
    expect(gated.forward({ images: images() }, "eval").gate?.shape[0]).toBe(2);
    const embedding = build(family, { head: "max-pool-mlp", hidden: 5 });
    expect(embedding.head).toContain("head.fc2.weight");
  });

  test("says of every weight how deep it lies, the head deepest", () => {
    const { depths, parameters } = build(family);
    expect([...(depths?.keys() ?? [])]).toEqual([...parameters.trained.keys()]);
    const values = [...(depths?.values() ?? [])];
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(new Set(values)).toEqual(new Set(Array.from({ length: Math.max(...values) + 1 }, (_, depth) => depth)));
  });

  test("has maps of the channels and sides that it says", () => {
    const model = build(family);
    const names = (model.maps ?? []).map(({ name }) => name);
    const { maps, features } = model.forward({ images: images() }, "eval", { maps: names });
    for (const { name, channels, stride } of model.maps ?? [])
      expect(maps?.[name]?.shape, name).toEqual([2, 32 / stride, 32 / stride, channels]);
    expect(maps?.[names.at(-1) as string]).toBe(features);
  });

  test("leaves out branches in training only", () => {
    const batch = { images: images(4) };
    const logits = (model: Model, mode: "train" | "batch-statistics") =>
      Array.from(tf.tidy(() => model.forward(batch, mode).logits as tf.Tensor).dataSync());
    const model = (dropPath: number) => build(family, { dropPath, ...(family !== "resnet" && { dropout: 0 }) });
    const [dropping, keeping] = [model(0.9), model(0)];
    expect(logits(dropping, "train")).not.toEqual(logits(dropping, "batch-statistics"));
    expect(logits(keeping, "train")).toEqual(logits(keeping, "batch-statistics"));
  });

  test("is refused for no classes", () => {
    expect(() => build(family, {}, 0)).toThrow(`FGKD_MISSING_FIELD [backbone ${family}] needs "classes"`);
  });
});

test("levels end where the sides change, and a map of each stage has its name", () => {
  const ends = (family: Family) => build(family).maps?.flatMap(({ name, endsLevel }) => (endsLevel ? [name] : []));
  expect(ends("mobilenet")).toEqual(["features.1", "features.5"]);
  expect(ends("efficientnet")).toEqual(["features.1", "features.4"]);
  expect(ends("bit")).toEqual(["stages.0", "norm"]);
  expect(ends("wrn")).toEqual(["block1", "block2", "bn1"]);
  const names = build("efficientnet").maps?.map(({ name }) => name);
  expect(names).toEqual(
    ["features.0", "features.1.0", "features.1", "features.2.0", "features.2.1"].concat([
      "features.2",
      "features.3.0",
      "features.3",
      "features.4",
    ]),
  );
});

test("a wide residual network is what its paper says, in training and in evaluation", () => {
  const model = build("wrn");
  const weight = (name: string) => model.parameters.variables.get(name) as tf.Variable;
  const norm = (x: tf.Tensor4D, name: string, isEval: boolean) => {
    const { mean, variance } = isEval
      ? { mean: weight(`${name}.running_mean`), variance: weight(`${name}.running_var`) }
      : tf.moments(x, [0, 1, 2]);
    const whitened = x.sub(mean).div(variance.add(1e-5).sqrt());
    return whitened
      .mul(weight(`${name}.weight`))
      .add(weight(`${name}.bias`))
      .relu<tf.Tensor4D>();
  };
  const convolve = (x: tf.Tensor4D, name: string, stride: number, pad: number) =>
    tf.conv2d(x, weight(`${name}.weight`) as tf.Tensor as tf.Tensor4D, stride, pad);
  const naive = (isEval: boolean) => {
    let x = convolve(images(), "conv1", 1, 1);
    for (const [stage, stride] of [
      ["block1", 1],
      ["block2", 2],
      ["block3", 2],
    ] as const) {
      const at = `${stage}.layer.0`;
      const activated = norm(x, `${at}.bn1`, isEval);
      const inside = norm(convolve(activated, `${at}.conv1`, stride, 1), `${at}.bn2`, isEval);
      const shortcut = stage === "block1" ? x : convolve(activated, `${at}.convShortcut`, stride, 0);
      x = convolve(inside, `${at}.conv2`, 1, 1).add(shortcut);
    }
    const pooled = norm(x, "bn1", isEval).mean([1, 2]);
    return pooled.matMul(weight("fc.weight")).add(weight("fc.bias"));
  };
  const logits = (mode: "batch-statistics" | "eval") => model.forward({ images: images() }, mode).logits as tf.Tensor;
  expect(logits("batch-statistics")).toBeAllclose(naive(false), { relative: 1e-4, absolute: 1e-4 });
  tf.tidy(() => void model.forward({ images: images() }, "train"));
  expect(logits("eval")).toBeAllclose(naive(true), { relative: 1e-4, absolute: 1e-4 });
});

test("a wide residual network reduces images of 224 pixels by a stride and a pool, with the same weights", () => {
  const [plain, large] = [build("wrn"), build("wrn", { stride: 2, pool: true })];
  expect(large.parameters.shapes).toEqual(plain.parameters.shapes);
  expect(large.forward({ images: images() }, "eval").features?.shape).toEqual([2, 2, 2, 64]);
  expect(large.maps?.at(-1)?.stride).toBe(16);
});

/** By the model's name of each layer; one that is missing has no name in the file. */
function theirNames(layers: Readonly<Record<string, string>>) {
  return (name: string, array: NamedArray): readonly [string, NamedArray] => {
    const end = name.lastIndexOf(".");
    return [`${layers[name.slice(0, end)]}${name.slice(end)}`, array];
  };
}

describe("files of other origins", () => {
  test("of DataFree fill a residual network", () => {
    const rename = build("resnet").adapts?.rename;
    expect(
      ["layer2.0.shortcut.1.running_mean", "linear.weight", "layer1.0.conv1.weight"].map((name) => rename?.(name)),
    ).toEqual(["layer2.0.downsample.1.running_mean", "fc.weight", "layer1.0.conv1.weight"]);
  });

  test("of timm fill a VGG network: the same numbers, in other shapes", () => {
    const { adapts } = create("vgg", { depths: [1], widths: [2], hidden: 3 });
    expect(
      ["pre_logits.fc1.weight", "pre_logits.fc2.bias", "head.fc.weight", "features.0.bias"].map((name) =>
        adapts?.rename?.(name),
      ),
    ).toEqual(["classifier.0.weight", "classifier.3.bias", "classifier.6.weight", "features.0.bias"]);
    const array = { shape: [3, 2, 7, 7], data: Float32Array.from({ length: 3 * 98 }, (_, index) => index) };
    const reshape = (name: string, shape: readonly number[]) => adapts?.reshape?.(name, shape, [3, 98]);
    expect(reshape("classifier.0.weight", array.shape)?.(array)).toEqual({ shape: [3, 98], data: array.data });
    expect(reshape("classifier.0.weight", [3, 2, 7, 6])).toBeUndefined();
    expect(reshape("classifier.0.weight", [98, 3])).toBeUndefined();
    expect(reshape("features.0.weight", array.shape)).toBeUndefined();
    expect(create("vgg", { depths: [1], widths: [2], head: "linear" }).adapts).toBeUndefined();
  });

  test.each([
    {
      origin: "timm",
      choice: { name: "vgg", depths: [1, 1], widths: [2, 3], hidden: 4 },
      theirs: (name: string, { shape, data }: NamedArray): readonly [string, NamedArray] => {
        const [rows = 0, columns = 0] = shape;
        const side = name.startsWith("classifier.0") ? 7 : 1;
        const isFilter = /^classifier\.[03]\.weight$/.test(name);
        const renamed = name
          .replace("classifier.0", "pre_logits.fc1")
          .replace("classifier.3", "pre_logits.fc2")
          .replace("classifier.6", "head.fc");
        return [renamed, { shape: isFilter ? [rows, columns / side ** 2, side, side] : shape, data }];
      },
    },
    {
      origin: "timm",
      choice: { name: "mobilenet", depths: [1, 2], widths: [8, 8], strides: [1, 2], expansions: [1, 2] },
      theirs: theirNames({
        "features.0.0": "conv_stem",
        "features.0.1": "bn1",
        "features.1.conv.0.0": "blocks.0.0.conv_dw",
        "features.1.conv.0.1": "blocks.0.0.bn1",
        "features.1.conv.1": "blocks.0.0.conv_pw",
        "features.1.conv.2": "blocks.0.0.bn2",
        "features.2.conv.0.0": "blocks.1.0.conv_pw",
        "features.2.conv.0.1": "blocks.1.0.bn1",
        "features.2.conv.1.0": "blocks.1.0.conv_dw",
        "features.2.conv.1.1": "blocks.1.0.bn2",
        "features.2.conv.2": "blocks.1.0.conv_pwl",
        "features.2.conv.3": "blocks.1.0.bn3",
        "features.3.conv.0.0": "blocks.1.1.conv_pw",
        "features.3.conv.0.1": "blocks.1.1.bn1",
        "features.3.conv.1.0": "blocks.1.1.conv_dw",
        "features.3.conv.1.1": "blocks.1.1.bn2",
        "features.3.conv.2": "blocks.1.1.conv_pwl",
        "features.3.conv.3": "blocks.1.1.bn3",
        "features.4.0": "conv_head",
        "features.4.1": "bn2",
        "classifier.1": "classifier",
      }),
    },
    {
      origin: "timm",
      choice: {
        name: "efficientnet",
        depths: [1, 1],
        widths: [8, 8],
        strides: [1, 2],
        expansions: [1, 6],
        kernels: [3, 5],
        stem: 8,
      },
      theirs: theirNames({
        "features.0.0": "conv_stem",
        "features.0.1": "bn1",
        "features.1.0.block.0.0": "blocks.0.0.conv_dw",
        "features.1.0.block.0.1": "blocks.0.0.bn1",
        "features.1.0.block.1.fc1": "blocks.0.0.se.conv_reduce",
        "features.1.0.block.1.fc2": "blocks.0.0.se.conv_expand",
        "features.1.0.block.2.0": "blocks.0.0.conv_pw",
        "features.1.0.block.2.1": "blocks.0.0.bn2",
        "features.2.0.block.0.0": "blocks.1.0.conv_pw",
        "features.2.0.block.0.1": "blocks.1.0.bn1",
        "features.2.0.block.1.0": "blocks.1.0.conv_dw",
        "features.2.0.block.1.1": "blocks.1.0.bn2",
        "features.2.0.block.2.fc1": "blocks.1.0.se.conv_reduce",
        "features.2.0.block.2.fc2": "blocks.1.0.se.conv_expand",
        "features.2.0.block.3.0": "blocks.1.0.conv_pwl",
        "features.2.0.block.3.1": "blocks.1.0.bn3",
        "features.3.0": "conv_head",
        "features.3.1": "bn2",
        "classifier.1": "classifier",
      }),
    },
    {
      origin: "DataFree",
      choice: { name: "resnet", depths: [1, 1], widths: [4, 8] },
      theirs: (name: string, array: NamedArray): readonly [string, NamedArray] => [
        name.replace("downsample", "shortcut").replace("fc.", "linear."),
        array,
      ],
    },
  ])("of $origin fill the network whole: $choice.name", async ({ choice, theirs }) => {
    const values = await choose(choice, 3).parameters.export();
    const tensors = new Map([...values].map(([name, array]) => theirs(name, array)));
    expect([...tensors.keys()]).not.toEqual([...values.keys()]);
    const path = join(mkdtempSync(join(tmpdir(), "fgkd-origins-")), "weights.safetensors");
    writeFileSync(path, Buffer.concat([...encodeSafetensors({ tensors, metadata: {} })]));
    const model = choose(choice, 3, blank);
    loadWeights("teacher", model, path, undefined, { trained: false });
    expect(await model.parameters.export()).toEqual(values);
    rmSync(dirname(path), { recursive: true });
  });
});

describe("refuses", () => {
  test.each([
    ["mobilenet", { widths: [4] }, '"widths" must be a list of 3'],
    ["mobilenet", { width: 0 }, '"width" must be greater than 0'],
    ["mobilenet", { dropout: 1 }, '"dropout" must be in [0, 1)'],
    ["efficientnet", { kernels: [3, 4, 3] }, '"kernels" must be odd'],
    ["bit", { widths: [100, 256] }, '"widths" must be multiples of 128'],
    ["bit", { stem: 48 }, '"stem" must be a multiple of 32'],
    ["wrn", { depth: 12 }, '"depth" must be 6n + 4'],
    ["wrn", { width: 1.5 }, '"width" must be whole and positive'],
    ["resnet", { dropPath: 1 }, '"dropPath" must be in [0, 1)'],
  ] as const)("of %s %j", (family, options, message) => {
    expect(() => build(family, options)).toThrow(message);
  });
});
