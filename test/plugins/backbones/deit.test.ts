import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Backbones,
  createRandom,
  createTraining,
  encodeSafetensors,
  type Model,
  type NamedArray,
  readSafetensors,
} from "../../../core/index.js";
import { loadWeights } from "../../../core/models/weights.js";
import { deit } from "../../../plugins/backbones/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";
import { create, keep, sharing, training } from "./building.js";
import { expectPublished } from "./published.js";

const small = { size: 16, patch: 4, width: 8, depth: 2, heads: 2 } as const;
const images = (side: number) => tf.tensor4d(createRandom(1).normals(2 * side * side * 3), [2, side, side, 3]);

// The cpu engine keeps the arrays it is given, so that blank weights take no memory.
beforeAll(() => startEngine("cpu"));

describe("names, shapes and number of weights", () => {
  test.each([
    "deit_tiny_distilled_patch16_224",
    "deit_small_distilled_patch16_224",
    "deit_base_distilled_patch16_224",
    "deit_base_distilled_patch16_384",
    "deit_base_patch16_384",
  ] as const)("of %s are timm's", (name) => {
    const { model, weights } = expectPublished(name);
    expect([...model.parameters.trained.keys()]).toEqual(weights);
  });

  test.each([
    ["deit_tiny_patch16_224", 1000, 5_717_416],
    ["deit_tiny_patch16_384", 1000, 5_790_376],
    ["deit_tiny_distilled_patch16_384", 1000, 5_983_760],
    ["deit_small_patch16_224", 1000, 22_050_664],
    ["deit_small_patch16_384", 1000, 22_196_584],
    ["deit_small_distilled_patch16_384", 1000, 22_582_352],
    ["deit_base_distilled_patch16_384", 251, 86_478_070],
  ] as const)("of %s for %i classes are the published ones", (name, classes, size) => {
    expect(create(name, {}, classes, sharing).parameters.size).toBe(size);
  });
});

describe("a distilled network", () => {
  test.each(["train", "eval"] as const)(
    "answers by the mean of both heads, and gives each by itself, in mode %s",
    (mode) => {
      const { logits, ...heads } = create("deit", { ...small, distilled: true }).forward({ images: images(16) }, mode);
      const [one, other] = [heads.classTokenLogits as tf.Tensor, heads.distillationTokenLogits as tf.Tensor];
      expect(logits as tf.Tensor).toBeAllclose(one.add(other).div(2));
      expect(one).not.toBeAllclose(other);
    },
  );

  test("has the numbers of the specification's inference, where its heads have the specification's logits", () => {
    const model = create("deit", { ...small, width: 2, heads: 1, distilled: true }, 5);
    // The heads see nothing of the tokens, so that their biases are their logits.
    for (const name of ["head.weight", "head_dist.weight"])
      model.parameters.trained.get(name)?.assign(tf.zeros([2, 5]));
    model.parameters.trained.get("head.bias")?.assign(tf.tensor1d([1, 0.5, 0.2, -0.3, 0.8]));
    model.parameters.trained.get("head_dist.bias")?.assign(tf.tensor1d([0.9, 0.2, 0.1, 0, 0.3]));
    const { logits } = model.forward({ images: images(16).slice([0, 0, 0, 0], [1, 16, 16, 3]) }, "eval");
    expect(logits as tf.Tensor).toBeAllclose(tf.tensor2d([[0.95, 0.35, 0.15, -0.15, 0.55]]), { absolute: 1e-6 });
  });

  test("is told from a plain one, which has one answer", () => {
    const outputs = create("deit", small).forward({ images: images(16) }, "train");
    expect(Object.keys(outputs).sort()).toEqual(["features", "logits"]);
  });
});

describe("new weights", () => {
  const values = async (options: Backbones["deit"]) => {
    const all = await create("deit", options, 50).parameters.export();
    return (name: string) => all.get(name)?.data as Float32Array;
  };
  const spread = (data: Float32Array) => Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);

  test("are truncated normal with deviation 0.02, tokens and positions too, and biases 0", async () => {
    const of = await values({ ...small, width: 64, distilled: true });
    const layers = [
      "blocks.0.attn.qkv",
      "blocks.1.attn.proj",
      "blocks.0.mlp.fc1",
      "blocks.1.mlp.fc2",
      "head",
      "head_dist",
    ];
    for (const layer of layers) {
      expect(spread(of(`${layer}.weight`)) / 0.02, layer).toBeCloseTo(1, 1);
      expect(spread(of(`${layer}.bias`)), layer).toBe(0);
    }
    for (const name of ["cls_token", "dist_token", "pos_embed"])
      expect(spread(of(name)) / 0.02, name).toBeCloseTo(1, 0);
    expect([...of("norm.weight")]).toEqual(Array(64).fill(1));
  });

  test("of the patches are uniform by fan-in, the bias included", async () => {
    const of = await values({ ...small, width: 64 });
    const bound = 1 / Math.sqrt(3 * 4 * 4);
    for (const name of ["patch_embed.proj.weight", "patch_embed.proj.bias"]) {
      expect(Math.max(...of(name).map(Math.abs))).toBeLessThanOrEqual(bound);
      expect(spread(of(name)) / bound).toBeCloseTo(1 / Math.sqrt(3), 1);
    }
  });
});

describe("depths", () => {
  test("are timm's groups: what comes before the blocks, each block, the heads", () => {
    const { depths } = create("deit", { ...small, depth: 12, distilled: true }, 3);
    const first = ["cls_token", "dist_token", "pos_embed", "patch_embed.proj.bias"].map((name) => depths?.get(name));
    expect(first).toEqual([0, 0, 0, 0]);
    const inside = ["blocks.0.norm1.weight", "blocks.1.attn.qkv.bias", "blocks.11.mlp.fc2.weight", "norm.bias"];
    expect(inside.map((name) => depths?.get(name))).toEqual([1, 2, 12, 12]);
    expect(["head.weight", "head_dist.bias"].map((name) => depths?.get(name))).toEqual([13, 13]);
  });
});

describe("maps", () => {
  test("are the patches after each block, as the image has them", () => {
    const model = create("deit", small);
    expect(model.maps).toEqual([
      { name: "blocks.0", channels: 8, stride: 4, endsLevel: false },
      { name: "blocks.1", channels: 8, stride: 4, endsLevel: true },
    ]);
    const { maps, features } = model.forward({ images: images(16) }, "eval", { maps: ["blocks.1"] });
    expect(Object.keys(maps ?? {})).toEqual(["blocks.1"]);
    expect(maps?.["blocks.1"]?.shape).toEqual([2, 4, 4, 8]);
    // The final norm is all that lies between the last block's map and the features.
    const map = maps?.["blocks.1"] as tf.Tensor;
    const { mean, variance } = tf.moments(map, -1, true);
    const normalised = map.sub(mean).div(variance.add(1e-6).sqrt());
    expect(features as tf.Tensor).toBeAllclose(normalised, { absolute: 1e-3 });
    expect(() => model.forward({ images: images(16) }, "eval", { maps: ["blocks.2"] })).toThrow("FGKD_UNKNOWN_NAME");
  });

  test("hold row by row what the image shows: a patch that changes moves its own embedding most", () => {
    // Without blocks' work every token is its patch's own.
    const model = create("deit", { ...small, depth: 1 });
    for (const name of ["blocks.0.attn.proj.weight", "blocks.0.mlp.fc2.weight"])
      model.parameters.trained.get(name)?.assign(tf.zerosLike(model.parameters.trained.get(name) as tf.Tensor));
    const look = (x: tf.Tensor4D) =>
      model.forward({ images: x }, "eval", { maps: ["blocks.0"] }).maps?.["blocks.0"] as tf.Tensor;
    const plain = tf.zeros<tf.Rank.R4>([1, 16, 16, 3]);
    const marked = tf.pad(tf.ones([1, 4, 4, 3]), [
      [0, 0],
      [4, 8],
      [8, 4],
      [0, 0],
    ]) as tf.Tensor4D;
    const moved = look(marked).sub(look(plain)).abs().sum(3).arraySync() as number[][][];
    const places = moved[0]?.flatMap((row, y) => row.flatMap((by, x) => (by > 0 ? [[y, x]] : [])));
    expect(places).toEqual([[1, 2]]);
  });
});

describe("position embeddings", () => {
  type Options = Pick<Backbones["deit"], "resampling">;
  /** Of a grid of `side`, made for the channels of the array. */
  const resampled = (array: NamedArray, side: number, options: Options = {}): Float32Array => {
    const width = array.shape[2] as number;
    const model = create("deit", { size: side, patch: 1, width, depth: 1, heads: 1, distilled: true, ...options });
    const wanted = model.parameters.shapes.get("pos_embed") ?? [];
    const reshape = model.adapts?.reshape?.("pos_embed", array.shape, wanted);
    const result = reshape?.(array) as NamedArray;
    expect(result.shape).toEqual([1, side * side + 2, width]);
    return result.data as Float32Array;
  };

  test.each([
    [6, "to6x6"],
    [3, "to3x3"],
  ] as const)("are resampled to a side of %i with antialiasing as timm does it", (side, key) => {
    const file = new URL("../../golden/backbones/pos-embed.safetensors", import.meta.url).pathname;
    const { tensors } = readSafetensors(file);
    const values = resampled(tensors.get("input") as NamedArray, side, { resampling: "antialiased" });
    const wanted = tensors.get(key) as NamedArray;
    expect(tf.tensor1d(values)).toBeAllclose(tf.tensor1d(wanted.data as Float32Array), {
      relative: 1e-5,
      absolute: 1e-6,
    });
  });

  /** One channel, 0 but for one place of the grid, and two tokens before it. */
  const impulse = (side: number, row: number, column: number): NamedArray => {
    const data = new Float32Array(side * side + 2);
    data.set([7, 8]);
    data[2 + row * side + column] = 1;
    return { shape: [1, side * side + 2, 1], data };
  };

  test("are resampled by default with DeiT's taps, and those of the first tokens are kept", () => {
    // Row 3 of 8 lies at 1.25 of 4: the taps of the specification, in rows and in columns.
    const taps = [-0.10546875, 0.87890625, 0.26171875, -0.03515625];
    for (const [row, byRow] of taps.entries())
      for (const [column, byColumn] of taps.entries()) {
        const values = resampled(impulse(4, row, column), 8);
        expect([...values.slice(0, 2)]).toEqual([7, 8]);
        expect(values[2 + 3 * 8 + 3]).toBeCloseTo(byRow * byColumn, 6);
      }
  });

  test("let taps outside the grid stand for its border", () => {
    // Of 14 to 24, row 0 lies at −0.2083: of its four taps three are at or beyond the first row.
    const fraction = 1 - 5 / 24;
    const last = -0.75 * (((2 - fraction - 5) * (2 - fraction) + 8) * (2 - fraction) - 4);
    const values = resampled(impulse(14, 0, 0), 24);
    const corner = Math.sqrt(values[2] as number);
    expect(corner).toBeCloseTo(1 - last, 5);
    const constant = { shape: [1, 14 * 14 + 2, 1], data: new Float32Array(198).fill(3) };
    for (const value of resampled(constant, 24)) expect(value).toBeCloseTo(3, 5);
  });

  test.each([
    ["another number of tokens before the patches", "pos_embed", [1, 197, 8]],
    ["other channels", "pos_embed", [1, 198, 4]],
    ["no square", "pos_embed", [1, 192, 8]],
    ["another name", "cls_token", [1, 198, 8]],
    ["another rank", "pos_embed", [198, 8]],
  ])("are left to be refused where the file has %s", (_, name, shape) => {
    const model = create("deit", { ...small, distilled: true });
    expect(model.adapts?.reshape?.(name, shape, [1, 18, 8])).toBeUndefined();
    expect(model.adapts?.reshape?.("pos_embed", [1, 198, 8], [1, 18, 8])).toBeDefined();
  });
});

describe("a file of weights", () => {
  const folder = mkdtempSync(join(tmpdir(), "fgkd-deit-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const data = ["ant", "bee", "cat"];
  const build = (classes: readonly string[], options: Partial<Backbones["deit"]> = {}, seed = 0): Model =>
    keep(
      createTraining({ plugins: [deit()], config: { seed }, services: { classes } }).backbones.create("deit", {
        ...{ ...small, distilled: true },
        ...options,
      }),
    );
  async function fileOf(model: Model, classes?: readonly string[]): Promise<string> {
    const path = join(folder, `${crypto.randomUUID()}.safetensors`);
    const metadata: Record<string, string> = classes ? { fgkd: JSON.stringify({ classes }) } : {};
    writeFileSync(path, Buffer.concat([...encodeSafetensors({ tensors: await model.parameters.export(), metadata })]));
    return path;
  }
  function load(model: Model, path: string, trained = false) {
    const said: string[] = [];
    const tell = (line: string) => void said.push(line.replaceAll(path, "FILE"));
    const filled = loadWeights("student", model, path, { info: tell, warn: tell }, { classes: data, trained });
    return { filled, said };
  }

  test("for another size of image fills the model, its positions resampled, with a word", async () => {
    const [saved, model] = [build(data, {}, 1), build(data, { size: 24 })];
    const { said } = load(model, await fileOf(saved, data));
    expect(said).toEqual(["student: FILE has other shapes; it was resized: pos_embed from [1,18,8] to [1,38,8]."]);
    const [theirs, ours] = [await saved.parameters.export(), await model.parameters.export()];
    for (const [name, array] of theirs) if (name !== "pos_embed") expect(ours.get(name), name).toEqual(array);
    expect(tf.tidy(() => model.forward({ images: images(24) }, "eval").logits?.shape)).toEqual([2, 3]);
  });

  test("for other classes lets both heads start afresh", async () => {
    const [saved, model] = [build([...data, "dog"], {}, 1), build(data)];
    const before = await model.parameters.export();
    const { filled, said } = load(model, await fileOf(saved), true);
    const after = await model.parameters.export();
    for (const name of ["head.weight", "head.bias", "head_dist.weight", "head_dist.bias"]) {
      expect(filled.has(name)).toBe(false);
      expect(after.get(name)).toEqual(before.get(name));
    }
    expect(said).toEqual(["student: the classifier in FILE has 4 classes, not 3; it starts afresh."]);
    expect(after.get("cls_token")).toEqual((await saved.parameters.export()).get("cls_token"));
  });

  test("with the classes in another order has the rows of both heads put in the data's", async () => {
    const [saved, model] = [build(["cat", "ant", "bee"], {}, 1), build(data)];
    load(model, await fileOf(saved, ["cat", "ant", "bee"]));
    const batch = { images: images(16) };
    const [theirs, ours] = [saved, model].map((one) => one.forward(batch, "eval"));
    for (const key of ["logits", "classTokenLogits", "distillationTokenLogits"] as const)
      expect(ours?.[key] as tf.Tensor).toBeAllclose(tf.gather(theirs?.[key] as tf.Tensor, [1, 2, 0], 1));
  });

  test("of a plain network is refused by a distilled one, and the other way round", async () => {
    const [plain, distilled] = [await fileOf(build(data, { distilled: false })), await fileOf(build(data))];
    expect(() => load(build(data), plain, true)).toThrow('"dist_token" is missing');
    expect(() => load(build(data, { distilled: false }), distilled, true)).toThrow(
      '"pos_embed" is [1,18,8], not [1,17,8]',
    );
  });
});

describe("refuses", () => {
  test.each([
    [{ ...small, patch: 5 }, '"patch" must be a divisor of the size, which is 16'],
    [{ ...small, heads: 3 }, '"heads" must be a divisor of the width, which is 8'],
    [{ ...small, dropPath: 1 }, '"dropPath" must be in [0, 1)'],
    [{ ...small, resampling: "nearest" }, '"resampling" must be one of bicubic, antialiased'],
    [{ size: 16, width: 8 }, '"heads" must be given'],
  ])("%j", (options, message) => {
    expect(() => training(3).backbones.choose({ name: "deit", ...options })).toThrow(message);
  });
  test("a size that patches of 16 do not fill", () => {
    expect(() => create("deit_tiny_patch16_224", { size: 100 })).toThrow('"size" must be a multiple of 16');
  });
  test("images of another size, with what to do", () => {
    expect(() => create("deit", small).forward({ images: images(20) }, "eval")).toThrow(
      /FGKD_INVALID_OPTION \[backbone deit\] .*"size" must be the side of its images, which are 20×20, received 16.*position embeddings are resampled/,
    );
  });
  test("to be built for no classes", () => {
    expect(() => create("deit_tiny_patch16_224", {}, 0)).toThrow('needs "classes"');
  });
});
