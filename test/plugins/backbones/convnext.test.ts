import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Backbones, createRandom, encodeSafetensors, type NamedArray, type Random } from "../../../core/index.js";
import { loadWeights } from "../../../core/models/weights.js";
import { construct, residualBranch, truncatedNormal } from "../../../plugins/layers/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";
import { blank, create, sharing, training } from "./building.js";
import { expectPublished } from "./published.js";

const small = { depths: [2, 1], widths: [4, 6] } as const;
const images = (side: number) => tf.tensor4d(createRandom(1).normals(2 * side * side * 3), [2, side, side, 3]);

// The cpu engine keeps the arrays it is given, so that blank weights take no memory.
beforeAll(() => startEngine("cpu"));

describe("names, shapes and number of weights", () => {
  test.each(["convnext_tiny", "convnext_base", "convnext_large"] as const)("of %s are timm's", (name) => {
    const { model, weights } = expectPublished(name);
    expect([...model.parameters.trained.keys()]).toEqual(weights);
  });

  test.each([
    ["convnext_tiny", 320, 28_066_208],
    ["convnext_tiny", 251, 28_013_147],
    ["convnext_tiny", 200, 27_973_928],
    ["convnext_small", 1000, 50_223_688],
    ["convnext_base", 320, 87_894_464],
  ] as const)("of %s for %i classes are the published ones", (name, classes, size) => {
    expect(create(name, {}, classes, sharing).parameters.size).toBe(size);
  });
});

describe("weights under the official names", () => {
  const folder = mkdtempSync(join(tmpdir(), "fgkd-convnext-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** As `convnext.py` of the official repository names its layers, written out. */
  const official: Readonly<Record<string, string>> = {
    "downsample_layers.0.0.weight": "stem.0.weight",
    "downsample_layers.0.0.bias": "stem.0.bias",
    "downsample_layers.0.1.weight": "stem.1.weight",
    "downsample_layers.0.1.bias": "stem.1.bias",
    "downsample_layers.1.0.weight": "stages.1.downsample.0.weight",
    "downsample_layers.1.0.bias": "stages.1.downsample.0.bias",
    "downsample_layers.1.1.weight": "stages.1.downsample.1.weight",
    "downsample_layers.1.1.bias": "stages.1.downsample.1.bias",
    "norm.weight": "head.norm.weight",
    "norm.bias": "head.norm.bias",
    "head.weight": "head.fc.weight",
    "head.bias": "head.fc.bias",
    ...Object.fromEntries(
      ["0.0", "0.1", "1.0"].flatMap((place) => {
        const [theirs, ours] = [`stages.${place}`, `stages.${place.replace(".", ".blocks.")}`];
        const pairs = { dwconv: "conv_dw", norm: "norm", pwconv1: "mlp.fc1", pwconv2: "mlp.fc2" };
        return [
          [`${theirs}.gamma`, `${ours}.gamma`],
          ...Object.entries(pairs).flatMap(([their, our]) =>
            ["weight", "bias"].map((kind) => [`${theirs}.${their}.${kind}`, `${ours}.${our}.${kind}`]),
          ),
        ];
      }),
    ),
  };

  test("fill the model, all of it, as those under timm's do", async () => {
    const [saved, model] = [create("convnext", small, 3), create("convnext", small, 3, blank)];
    const values = await saved.parameters.export();
    expect(Object.values(official).sort()).toEqual([...values.keys()].sort());
    const tensors = new Map(
      Object.entries(official).map(([theirs, ours]) => [`model.${theirs}`, values.get(ours) as NamedArray]),
    );
    const path = join(folder, "official.safetensors");
    writeFileSync(path, Buffer.concat([...encodeSafetensors({ tensors, metadata: {} })]));
    loadWeights("student", model, path, undefined, { trained: false });
    expect(await model.parameters.export()).toEqual(values);
  });

  test("are told from timm's, and from what is neither", () => {
    const rename = create("convnext", small).adapts?.rename as (name: string) => string;
    const others = [
      "stages.0.blocks.1.gamma",
      "stages.0.1.mlp.weight",
      "head.fc.weight",
      "norm.running_mean",
      "stages.0.0.x",
    ];
    for (const name of others) expect(rename(name)).toBe(name);
  });
});

describe("new weights", () => {
  const spread = (data: ArrayLike<number>) =>
    Math.sqrt(Array.from(data).reduce((sum, value) => sum + value * value, 0) / data.length);
  const weights = async (options: Backbones["convnext"]) => {
    const all = await create("convnext", options, 50).parameters.export();
    return (name: string) => all.get(name)?.data as Float32Array;
  };

  test("are truncated normal with deviation 0.02, scales of branches 1e-6, and biases 0", async () => {
    const values = await weights({ depths: [1, 1], widths: [32, 64] });
    const drawn = [
      "stem.0",
      "stages.0.blocks.0.conv_dw",
      "stages.1.blocks.0.mlp.fc1",
      "stages.1.downsample.1",
      "head.fc",
    ];
    for (const layer of drawn) {
      expect(spread(values(`${layer}.weight`)) / 0.02, layer).toBeCloseTo(1, 0.7);
      expect(spread(values(`${layer}.bias`)), layer).toBe(0);
    }
    expect([...values("stages.0.blocks.0.gamma")]).toEqual(Array(32).fill(Math.fround(1e-6)));
    expect([...values("head.norm.weight")]).toEqual(Array(64).fill(1));
  });

  test("of the classifier are smaller by headInitScale, and scales of branches as layerScale says", async () => {
    const [usual, scaled] = [await weights(small), await weights({ ...small, headInitScale: 0.001, layerScale: 0.1 })];
    expect(spread(scaled("head.fc.weight")) / spread(usual("head.fc.weight"))).toBeCloseTo(0.001, 6);
    expect([...scaled("stages.1.blocks.0.gamma")]).toEqual(Array(6).fill(Math.fround(0.1)));
    expect((await weights({ ...small, layerScale: null }))("stages.0.blocks.0.gamma")).toBeUndefined();
  });

  test("that would lie beyond 2 are drawn anew", () => {
    const values = truncatedNormal(createRandom(3), 1)([100, 100]);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(2);
    // Of a normal distribution cut off at two deviations.
    expect(spread(values)).toBeCloseTo(0.88, 1);
  });
});

describe("depths", () => {
  test("are those that layer decay needs: three blocks of the third stage at a time", () => {
    const { depths } = create("convnext", { depths: [3, 3, 27, 3], widths: [2, 2, 2, 2] }, 3, blank);
    const depth = (name: string) => depths?.get(name);
    expect(depth("stem.0.weight")).toBe(0);
    expect(["stages.0.blocks.0.gamma", "stages.0.blocks.2.norm.bias"].map(depth)).toEqual([1, 1]);
    expect(["stages.1.downsample.0.weight", "stages.1.blocks.2.gamma"].map(depth)).toEqual([2, 2]);
    const third = [0, 2, 3, 26].map((block) => depth(`stages.2.blocks.${block}.mlp.fc1.weight`));
    expect([depth("stages.2.downsample.1.bias"), ...third]).toEqual([3, 3, 3, 4, 11]);
    expect(["stages.3.downsample.0.bias", "stages.3.blocks.2.gamma"].map(depth)).toEqual([12, 12]);
    expect(["head.norm.weight", "head.fc.bias"].map(depth)).toEqual([13, 13]);
    expect(0.7 ** (13 - (depth("stem.0.bias") ?? 0))).toBeCloseTo(0.0096889, 7);
    expect(0.7 ** (13 - (depth("stages.1.blocks.0.gamma") ?? 0))).toBeCloseTo(0.0197733, 7);
  });
});

describe("maps", () => {
  test("have the names of stages and blocks, a 32nd of the image at the end of four", () => {
    const model = create("convnext", { depths: [1, 2, 1, 1], widths: [2, 4, 6, 8] });
    const of = ({ name, channels, stride, endsLevel }: NonNullable<typeof model.maps>[number]) =>
      `${name} ${channels} ${stride}${endsLevel ? " end" : ""}`;
    expect(model.maps?.map(of).slice(0, 6)).toEqual([
      ...["stages.0.blocks.0 2 4", "stages.0 2 4 end", "stages.1.downsample 4 8"],
      ...["stages.1.blocks.0 4 8", "stages.1.blocks.1 4 8", "stages.1 4 8 end"],
    ]);
    expect(tf.tidy(() => model.forward({ images: images(96) }, "eval").features?.shape)).toEqual([2, 3, 3, 8]);
  });

  test("are larger with other patches and strides, which a level of stride 1 and equal width goes without", () => {
    const model = create("convnext", { depths: [1, 1, 1], widths: [4, 4, 6], patch: 2, strides: [1, 1, 2] });
    expect([...model.parameters.shapes.keys()].filter((name) => name.includes("downsample.1"))).toEqual([
      "stages.2.downsample.1.weight",
      "stages.2.downsample.1.bias",
    ]);
    expect(tf.tidy(() => model.forward({ images: images(32) }, "eval").features?.shape)).toEqual([2, 8, 8, 6]);
  });
});

describe("the weights of class activation maps", () => {
  test("are the classifier's, times what the norm does to each channel with its statistics held", () => {
    const model = create("convnext", small, 3);
    for (const variable of model.parameters.trained.values())
      if (variable.rank === 1) variable.assign(tf.tensor1d(createRandom(variable.size).normals(variable.size)));
    const { logits, features, pooledScale } = model.forward({ images: images(16) }, "eval");
    const pooled = (features as tf.Tensor).mean([1, 2]);
    const centred = pooled.sub(pooled.mean(1, true)).mul(pooledScale as tf.Tensor);
    const normalised = centred.add(model.parameters.trained.get("head.norm.bias") as tf.Tensor);
    const { weight, bias } = model.classifier ?? {};
    const classified = normalised.matMul(weight as tf.Tensor).add(bias as tf.Tensor);
    expect(logits as tf.Tensor).toBeAllclose(classified, { absolute: 1e-4 });
  });
});

describe("drop path", () => {
  /** Equal weights each time, and draws of 0.5. */
  const half = (): Random => ({ ...createRandom(0), next: () => 0.5 });
  const passed = (options: object, mode: "train" | "eval" | "batch-statistics") => {
    const model = create("convnext", { depths: [3], widths: [4], layerScale: 1, ...options }, 3, half());
    const names = [0, 1, 2].map((block) => `stages.0.blocks.${block}`);
    return tf.tidy(() => {
      const { maps } = model.forward({ images: images(8) }, mode, { maps: names });
      return names.map((name) => Array.from(maps?.[name]?.dataSync() ?? []));
    });
  };

  test("leaves out the more, the deeper, from nothing at the first block", () => {
    // Rates of 0, 0.4 and 0.8 against draws of 0.5.
    const [first, second, third] = passed({ dropPath: 0.8 }, "train");
    const [all, , last] = passed({}, "train");
    expect(first).toEqual(all);
    expect(second).not.toEqual(first);
    expect(third).toEqual(second);
    expect(last).not.toEqual(third);
  });

  test.each(["eval", "batch-statistics"] as const)("leaves out nothing in mode %s", (mode) => {
    expect(passed({ dropPath: 0.8 }, mode)).toEqual(passed({}, mode));
  });

  test("takes whole branches of single images, and makes up for them", () => {
    const join = residualBranch(construct(createRandom(5)), { dropPath: 0.25 });
    const joined = join(tf.zeros([400, 2, 3]), tf.ones([400, 2, 3]), "train").arraySync() as number[][][];
    const ofImage = joined.map((image) => new Set(image.flat()));
    expect(ofImage.every(({ size }) => size === 1)).toBe(true);
    const values = ofImage.map((set) => [...set][0] as number);
    expect(new Set(values)).toEqual(new Set([0, Math.fround(4 / 3)]));
    expect(values.filter((value) => value === 0).length / 400).toBeCloseTo(0.25, 1);
  });

  test("draws from the model's stream, so that a run that is taken up again leaves out the same", () => {
    const drawn = (seed: number, times: number) => {
      const join = residualBranch(construct(createRandom(seed)), { dropPath: 0.5 });
      const draw = () => Array.from(join(tf.zeros([20, 1]), tf.ones([20, 1]), "train").dataSync());
      return Array.from({ length: times }, draw).at(-1);
    };
    expect(drawn(1, 2)).toEqual(drawn(1, 2));
    expect(drawn(1, 2)).not.toEqual(drawn(1, 1));
    expect(drawn(1, 1)).not.toEqual(drawn(2, 1));
  });
});

describe("refuses", () => {
  test.each([
    [{ ...small, widths: [4] }, '"widths" must be a list of 2'],
    [{ ...small, strides: [1] }, '"strides" must be a list of 2'],
    [{ ...small, kernel: 4 }, '"kernel" must be odd'],
    [{ ...small, dropPath: 1 }, '"dropPath" must be in [0, 1)'],
    [{ ...small, patch: 0 }, '"patch" must be whole and positive'],
    [{ ...small, head: "vgg" }, '"head" must be one of norm-linear, linear, squeeze-excite, max-pool-mlp'],
    [{ widths: [4] }, '"depths" must be given'],
  ])("%j", (options, message) => {
    expect(() => training(3).backbones.choose({ name: "convnext", ...options })).toThrow(message);
  });
  test("to be built for no classes", () => {
    expect(() => create("convnext_tiny", {}, 0)).toThrow('FGKD_MISSING_FIELD [backbone convnext_tiny] needs "classes"');
  });
});
