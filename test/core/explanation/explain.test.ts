import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import {
  attentionRollout,
  type Batch,
  createRandom,
  type ExplainMethod,
  explain,
  explainMethods,
  gradCam,
  gradCamPlusPlus,
  type Model,
  need,
} from "../../../core/index.js";
import { innerGradient, selfAttention, selfAttentionMaps } from "../../../core/ops/index.js";
import { choose, tinyResnet as resnet } from "../../plugins/backbones/building.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const normals = (seed: string, ...shape: number[]) =>
  tf.tensor(createRandom(seed).normals(shape.reduce((size, side) => size * side, 1)), shape);
const batch = (side = 32, count = 2) => ({ images: normals("images", count, side, side, 3) as tf.Tensor4D });
const numbers = (tensor: tf.Tensor | undefined) => [...(tensor?.dataSync() ?? [])];

beforeAll(() => startEngine("wasm"));

const deit = { name: "deit", size: 16, patch: 4, width: 8, depth: 3, heads: 2 };

/** What a method makes of a model, before it is scaled. */
function mapOf(method: ExplainMethod, model: Model, seen: { images: tf.Tensor4D }, labels: readonly number[]) {
  const outputs = model.forward(seen, "eval");
  const hot = tf.oneHot(tf.tensor1d([...labels], "int32"), 3).toFloat() as tf.Tensor2D;
  const map = method.map({ model, batch: seen, outputs, labels: hot });
  if (!map) throw new Error("no map");
  return { map, logits: need(outputs, "logits", "test"), outputs };
}

describe("class activation maps", () => {
  test.each([
    ["cam", "linear"],
    ["channel-attention", "squeeze-excite"],
  ] as const)("%s of a head %s is the class's logit, place by place", (method, head) => {
    const model = choose({ ...resnet, head } as { name: string });
    const { map, logits } = mapOf(explainMethods[method], model, batch(), [2, 0]);
    const bias = numbers(model.classifier?.bias);
    const asked = [logits.arraySync()[0]?.[2], logits.arraySync()[1]?.[0]] as number[];
    expect(map.shape).toEqual([2, 8, 8]);
    expect(map.mean([1, 2])).toBeAllclose(
      tf.tensor1d([(asked[0] ?? 0) - (bias[2] ?? 0), (asked[1] ?? 0) - (bias[0] ?? 0)]),
      {
        absolute: 1e-5,
      },
    );
  });

  test("leave the gate out where the classifier's weights alone are asked for", () => {
    const model = choose({ ...resnet, head: "squeeze-excite" } as { name: string });
    const maps = (["cam", "channel-attention"] as const).map(
      (name) => mapOf(explainMethods[name], model, batch(), [1, 1]).map,
    );
    expect(maps[0] as tf.Tensor).not.toBeAllclose(maps[1] as tf.Tensor, { absolute: 1e-3 });
  });
});

/** A map of two channels, 2 × 2, and a gradient, both with small numbers. */
const features = tf.tensor4d([1, 4, 2, 0, 3, 1, 0, 2], [1, 2, 2, 2]);
const gradient = tf.tensor4d([1, -1, 0.5, 0, 0, -0.5, 2.5, 1], [1, 2, 2, 2]);

describe("Grad-CAM", () => {
  test("weighs each channel by the mean of its gradient, and keeps what is positive", () => {
    // Means: (1 + 0.5 + 0 + 2.5) / 4 = 1, (−1 + 0 − 0.5 + 1) / 4 = −0.125.
    expect(numbers(gradCam(features, gradient))).toEqual([0.5, 2, 2.875, 0]);
  });

  test("of a linear head is what is positive of CAM, divided by the number of places", () => {
    const model = choose(resnet);
    const seen = batch();
    const cam = mapOf(explainMethods.cam, model, seen, [1, 2]).map;
    expect(mapOf(explainMethods["grad-cam"], model, seen, [1, 2]).map).toBeAllclose(cam.relu().div(64), {
      absolute: 1e-5,
    });
  });

  test("of a transformer lies on the last patches that the answering tokens see, and changes no answer", () => {
    const model = choose({ ...deit, distilled: true } as { name: string });
    const seen = batch(16);
    const usual = model.forward(seen, "eval").logits as tf.Tensor;
    const { logits, maps } = model.forward(seen, "eval", { maps: ["blocks.1"], throughMaps: true });
    expect(model.tokens).toEqual({ count: 2, seen: "blocks.1" });
    expect(numbers(logits)).toEqual(numbers(usual));
    expect(maps?.["blocks.1"]?.shape).toEqual([2, 4, 4, 8]);
    const { map } = mapOf(explainMethods["grad-cam"], model, seen, [0, 0]);
    expect(map.shape).toEqual([2, 4, 4]);
    expect(numbers(map.max())[0]).toBeGreaterThan(0);
  });
});

describe("Grad-CAM++", () => {
  test("is what its equations say of the score exp(y), worked out place by place", () => {
    const [a, g] = [features.arraySync()[0] as number[][][], gradient.arraySync()[0] as number[][][]];
    const places = [0, 1].flatMap((row) => [0, 1].map((column) => [row, column] as const));
    const at = (of: number[][][], [row, column]: readonly [number, number], channel: number) =>
      of[row]?.[column]?.[channel] as number;
    const score = Math.exp(0.7);
    const weights = [0, 1].map((channel) => {
      const sum = places.reduce((total, place) => total + at(a, place, channel), 0);
      return places.reduce((total, place) => {
        const slope = at(g, place, channel);
        const [second, third] = [score * slope ** 2, score * slope ** 3];
        const alpha = second === 0 ? 0 : second / (2 * second + sum * third);
        return total + alpha * Math.max(0, score * slope);
      }, 0);
    });
    const wanted = places.map((place) =>
      Math.max(
        0,
        weights.reduce((sum, weight, channel) => sum + weight * at(a, place, channel), 0),
      ),
    );
    // The factor exp(y) is the same for the whole map.
    expect(gradCamPlusPlus(features, gradient)).toBeAllclose(
      tf.tensor3d(
        wanted.map((value) => value / score),
        [1, 2, 2],
      ),
    );
  });
});

describe("the gradient by an inner tensor", () => {
  test("is that of the rest of the way, and leaves nothing behind", () => {
    const x = normals("x", 5);
    const compute = () => {
      const inner = x.square();
      return { value: inner.sin().mul(inner).sum() as tf.Scalar, inner };
    };
    const found = innerGradient(compute);
    const u = x.square();
    expect(found?.inner as tf.Tensor).toBeAllclose(u);
    expect(found?.gradient as tf.Tensor).toBeAllclose(u.sin().add(u.mul(u.cos())), { absolute: 1e-6 });
    expect(() => tf.dispose({ ...innerGradient(compute) })).not.toLeak();
  });

  test("is none where the tensor is a copy beside the way", () => {
    const x = normals("x", 5);
    expect(innerGradient(() => ({ value: x.sin().sum() as tf.Scalar, inner: x.mul<tf.Tensor>(1) }))).toBeUndefined();
    expect(() => innerGradient(() => ({ value: x.sin().sum() as tf.Scalar, inner: x.mul<tf.Tensor>(1) }))).not.toLeak();
  });
});

describe("attention rollout", () => {
  test("multiplies the blocks' attention, half of it the shortcut, from the answering tokens to the patches", () => {
    const attention = ["first", "second"].map((name) => tf.softmax(normals(name, 1, 2, 6, 6) as tf.Tensor4D));
    const mixed = attention.map((maps) => {
      const [one, other] = maps.arraySync()[0] as number[][][];
      return Array.from({ length: 6 }, (_, row) =>
        Array.from({ length: 6 }, (_, column) => {
          const heads = ((one?.[row]?.[column] ?? 0) + (other?.[row]?.[column] ?? 0)) / 2;
          return (heads + (row === column ? 1 : 0)) / 2;
        }),
      );
    });
    const reach = (from: number, to: number) =>
      Array.from({ length: 6 }, (_, by) => (mixed[1]?.[from]?.[by] ?? 0) * (mixed[0]?.[by]?.[to] ?? 0)).reduce(
        (a, b) => a + b,
      );
    const wanted = [2, 3, 4, 5].map((patch) => (reach(0, patch) + reach(1, patch)) / 2);
    expect(attentionRollout(attention, 2)).toBeAllclose(tf.tensor3d(wanted, [1, 2, 2]));
  });

  test("is given what the network's blocks attend to", () => {
    const packed = normals("tokens", 2, 5, 3 * 4) as tf.Tensor3D;
    const values = packed.slice([0, 0, 8], [2, 5, 4]);
    expect(selfAttentionMaps(packed, 1).squeeze([1]).matMul(values)).toBeAllclose(selfAttention(packed, 1), {
      absolute: 1e-6,
    });
    const { attention = [], logits } = choose(deit).forward(batch(16), "eval", { attention: true });
    expect(attention.map(({ shape }) => shape)).toEqual([1, 2, 3].map(() => [2, 2, 17, 17]));
    expect(logits as tf.Tensor).toBeAllclose(choose(deit).forward(batch(16), "eval").logits as tf.Tensor);
    for (const maps of attention) expect(maps.sum(-1)).toBeAllclose(tf.ones([2, 2, 17]), { absolute: 1e-5 });
  });
});

const networks: readonly [title: string, choice: { readonly name: string }, side: number, able: readonly string[]][] = [
  ["a ResNet", resnet, 32, ["cam", "grad-cam", "grad-cam++", "spatial-attention"]],
  [
    "a ResNet with a gate",
    { ...resnet, head: "squeeze-excite" } as typeof resnet,
    32,
    ["channel-attention", "cam", "grad-cam", "grad-cam++", "spatial-attention"],
  ],
  [
    "a ResNet of an ensemble",
    { ...resnet, head: "max-pool-mlp", hidden: 4 } as typeof resnet,
    32,
    ["grad-cam", "grad-cam++", "spatial-attention"],
  ],
  [
    "a VGG",
    { name: "vgg", depths: [1, 1], widths: [4, 8], hidden: 8 } as { name: string },
    32,
    ["grad-cam", "grad-cam++", "spatial-attention"],
  ],
  [
    "a ConvNeXt",
    { name: "convnext", depths: [1, 1], widths: [4, 8] } as { name: string },
    32,
    ["cam", "grad-cam", "grad-cam++", "spatial-attention"],
  ],
  [
    "a MobileNetV2",
    { name: "mobilenet", depths: [1, 1], widths: [8, 16], strides: [1, 2], expansions: [1, 2], stem: 8, last: 16 } as {
      name: string;
    },
    32,
    ["cam", "grad-cam", "grad-cam++", "spatial-attention"],
  ],
  [
    "an EfficientNet",
    {
      name: "efficientnet",
      depths: [1, 1],
      widths: [8, 16],
      strides: [1, 2],
      expansions: [1, 2],
      stem: 8,
      kernels: [3, 5],
    } as { name: string },
    32,
    ["cam", "grad-cam", "grad-cam++", "spatial-attention"],
  ],
  [
    "a BiT",
    { name: "bit", depths: [1], widths: [128], stem: 32 } as { name: string },
    16,
    ["cam", "grad-cam", "grad-cam++", "spatial-attention"],
  ],
  [
    "a WRN",
    { name: "wrn", depth: 10, width: 1 } as { name: string },
    16,
    ["cam", "grad-cam", "grad-cam++", "spatial-attention"],
  ],
  ["a DeiT", deit, 16, ["rollout", "grad-cam", "grad-cam++", "spatial-attention"]],
  [
    "a distilled DeiT",
    { ...deit, distilled: true } as typeof deit,
    16,
    ["rollout", "grad-cam", "grad-cam++", "spatial-attention"],
  ],
];

describe.each(networks)("%s", (_, choice, side, able) => {
  test("is explained by what it has all for, says what it lacks for the rest, and auto takes the first", async () => {
    const model = choose(choice);
    const seen = batch(side);
    for (const method of Object.keys(explainMethods)) {
      if (!able.includes(method)) {
        await expect(explain(model, seen, { method, role: "student" })).rejects.toThrow(
          `what it takes for, which ${method} has not: it needs`,
        );
        continue;
      }
      const { maps, cells, labels } = await explain(model, seen, { method });
      expect([maps.height, maps.width, maps.values.length]).toEqual([side, side, 2 * side ** 2]);
      expect(cells.values.length).toBe(2 * cells.height * cells.width);
      expect(labels).toHaveLength(2);
      for (const image of [0, 1]) {
        const map = maps.values.subarray(image * side ** 2, (image + 1) * side ** 2);
        expect(Math.min(...map)).toBeGreaterThanOrEqual(0);
        // A map that is 0 everywhere says that nothing speaks for the class.
        expect([0, 1]).toContain(Math.max(...map));
      }
      expect(Math.max(...maps.values)).toBe(1);
    }
    expect((await explain(model, seen)).method).toBe(able[0]);
  });
});

describe("an explanation", () => {
  test("asks about the class that the network answers, or about those that are named", async () => {
    const model = choose(resnet);
    const seen = batch();
    const { labels, logits } = await explain(model, seen);
    expect(labels).toEqual([...(model.forward(seen, "eval").logits as tf.Tensor2D).argMax(1).dataSync()]);
    expect(logits).toHaveLength(6);
    const [one, other] = [
      await explain(model, seen, { classOf: [0, 0] }),
      await explain(model, seen, { classOf: [1, 1] }),
    ];
    expect(one.maps.values).not.toEqual(other.maps.values);
    await expect(explain(model, seen, { classOf: [0, 3] })).rejects.toThrow(
      "a position of one of 3 classes for each of 2 images",
    );
    await expect(explain(model, seen, { method: "gradcam" })).rejects.toThrow('Did you mean "grad-cam"?');
  });

  test("is 0 around the part of its images that the network looks at", async () => {
    const model = choose(resnet);
    const seen = batch(16);
    const input = { crop: 16, size: null, mean: [0, 0, 0], deviation: [1, 1, 1], interpolation: "bilinear" } as const;
    const whole = await explain(model, seen);
    const padded = {
      images: tf.pad(seen.images, [
        [0, 0],
        [2, 3],
        [2, 3],
        [0, 0],
      ]) as tf.Tensor4D,
    };
    const cropping: Model = {
      ...model,
      input,
      forward: (given, mode, want) =>
        model.forward({ images: (given.images as tf.Tensor4D).slice([0, 2, 2, 0], [2, 16, 16, 3]) }, mode, want),
    };
    const { maps, cells } = await explain(cropping, padded);
    const wanted = tf.pad(tf.tensor3d(whole.maps.values, [2, 16, 16]), [
      [0, 0],
      [2, 3],
      [2, 3],
    ]);
    expect(tf.tensor3d(maps.values, [2, 21, 21])).toBeAllclose(wanted);
    expect(cells.values).toEqual(whole.cells.values);
  });

  test("of a stranger's network needs a last map that the logits are computed from", async () => {
    const squares = (seen: Batch) => need(seen, "images", "test").square() as tf.Tensor4D;
    const { parameters } = choose(resnet);
    const stranger = (forward: Model["forward"]): Model => ({ parameters, forward });
    const offering = stranger((seen) => {
      const features = squares(seen);
      return { features, logits: features.sum([1, 2]) };
    });
    expect((await explain(offering, batch())).method).toBe("grad-cam");
    const seen = batch();
    // A map that is the very images stays the caller's.
    const shallow = stranger(({ images }) => ({
      features: images as tf.Tensor4D,
      logits: (images as tf.Tensor4D).sum([1, 2]),
    }));
    for (const method of ["grad-cam", "spatial-attention"]) await explain(shallow, seen, { method });
    expect(seen.images.isDisposed).toBe(false);
    const copying = stranger((seen) => ({ features: squares(seen), logits: squares(seen).sum([1, 2]) }));
    await expect(explain(copying, batch(), { role: "mine" })).rejects.toThrow(
      "the model mine has what it takes for, which grad-cam has not: it needs logits that are computed from the map",
    );
    const blind = stranger((seen) => ({ logits: squares(seen).sum([1, 2]) }));
    await expect(explain(blind, batch())).rejects.toThrow("needs a last map, or attention, among what a network gives");
  });

  test("looks at an inner map that is named; by itself, at the last level with cells where the last map has one", async () => {
    const deep = choose({ ...resnet, depths: [1, 1, 1, 1], widths: [4, 4, 8, 8] } as { name: string });
    const seen = batch(16);
    // Of 16 px: 8 × 8 after the stem, then 8, 4, 2 and 1.
    const found = await explain(deep, seen);
    expect([found.method, found.map, found.cells.height]).toEqual(["grad-cam", "layer2", 4]);
    const named = await explain(deep, seen, { method: "grad-cam", map: "layer1" });
    expect([named.map, named.cells.height]).toEqual(["layer1", 8]);
    expect((await explain(deep, seen, { map: "layer3" })).method).toBe("grad-cam");
    expect((await explain(deep, seen, { method: "cam" })).cells.height).toBe(1);
    await expect(explain(deep, seen, { method: "cam", map: "layer1" })).rejects.toThrow(
      "cam has not: it looks at the last map alone",
    );
    await expect(explain(deep, seen, { method: "grad-cam", map: "layer9" })).rejects.toThrow(
      'no map is registered as "layer9"',
    );
  });

  test("by the name of the last map is that by the last map", async () => {
    const model = choose({ ...resnet, depths: [1, 1], head: "max-pool-mlp", hidden: 4 } as { name: string });
    const seen = batch(16, 1);
    const hot = tf.tensor2d([[0, 1, 0]]);
    const outputs = model.forward(seen, "eval");
    const map = explainMethods["grad-cam"].map({ model, batch: seen, outputs, labels: hot, map: "layer2" });
    expect(map as tf.Tensor).toBeAllclose(
      explainMethods["grad-cam"].map({ model, batch: seen, outputs, labels: hot }) as tf.Tensor,
    );
  });

  test("leaves no tensor behind", async () => {
    const model = choose({ ...resnet, head: "squeeze-excite" } as { name: string });
    const seen = batch();
    await explain(model, seen);
    const before = tf.memory().numTensors;
    for (const method of ["channel-attention", "grad-cam", "grad-cam++", "spatial-attention"])
      await explain(model, seen, { method });
    await explain(model, seen, { method: "rollout" }).catch(() => {});
    expect(tf.memory().numTensors).toBe(before);
  });
});
