import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import type { Graph } from "../../../core/graph/graph.js";
import { simplified } from "../../../core/graph/simplify.js";
import { traceModel } from "../../../core/graph/trace.js";
import { FgkdError } from "../../../core/index.js";
import { bytesOf } from "../../../core/onnx/emitter.js";
import { readMetadata } from "../../../core/onnx/model-proto.js";
import { reduced } from "../../../core/onnx/precision.js";
import { choose } from "../../plugins/backbones/building.js";
import { startEngine } from "../../support/engines.js";
import { about, difference, fileOf, logitsOf, pictures, runOnnx } from "./answers.js";
import { families } from "./backbones.js";
import { type Answer, drawn, net, steps } from "./steps.js";

beforeAll(() => startEngine("wasm"));

const kernelsOf = ({ nodes }: Graph) => nodes.map(({ kernel }) => kernel);

describe("a graph by looking on", () => {
  test("has the kernels that depend on images, weights by their names, and what follows from weights as numbers", async () => {
    const model = net((images, weights) => {
      const gain = weights.variables.get("gain") ?? weights.weight("gain", [3], "plain", drawn(1));
      return images.mean([1, 2]).mul(gain).add(gain.square().add(1));
    });
    model.forward({ images: pictures(1) }, "eval");
    const graph = await traceModel("net", model, { size: 8 });
    expect(kernelsOf(graph)).toEqual(["Mean", "Multiply", "Add"]);
    expect([...graph.constants.keys()]).toEqual(["gain", "constant1"]);
    const gain = graph.constants.get("gain")?.data as Float32Array;
    expect([...(graph.constants.get("constant1")?.data ?? [])]).toEqual(
      [...gain].map((one) => Math.fround(one ** 2) + 1).map(Math.fround),
    );
  });

  test("knows which numbers follow the number of images", async () => {
    const model = net((images) =>
      images
        .reshape([images.shape[0] * 4, -1])
        .sum(1)
        .reshape([images.shape[0], 4]),
    );
    const graph = await traceModel("net", model, { size: 8 });
    expect(graph.nodes.map(({ attributes }) => attributes.shape)).toEqual([
      [{ perImage: 4 }, -1],
      undefined,
      [{ perImage: 1 }, 4],
    ]);
  });

  test("leaves the engine as it was, and nothing behind, also after a model that throws", async () => {
    const failing = net(() => {
      throw new Error("no such layer");
    });
    const run = tf.engine().runKernel;
    const model = choose(families.resnet as never);
    await traceModel("net", model, { size: 32 });
    const { numTensors } = tf.memory();
    await traceModel("net", model, { size: 32 });
    await expect(traceModel("net", failing, { size: 8 })).rejects.toThrow("no such layer");
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(tf.engine().runKernel).toBe(run);
  });

  test.each<[string, Answer, RegExp]>([
    [
      "more kernels for more images",
      (images) => tf.addN(tf.unstack(images.mean([1, 2]))),
      /FGKD_NOT_EXPORTABLE \[net\] .*number of images/,
    ],
    [
      "an attribute",
      (images) => images.mean([1, 2]).leakyRelu(1 / images.shape[0]),
      /an attribute of its kernel LeakyRelu/,
    ],
    [
      "a constant",
      (images) =>
        images
          .mean([1, 2])
          .mul(1 / images.shape[0] ** 2)
          .add(tf.linspace(0, 1, images.shape[0]).expandDims(1)),
      /its constant/,
    ],
    [
      "a row more than there are images",
      (images) =>
        images
          .mean([1, 2])
          .pad([
            [0, 1],
            [0, 0],
          ])
          .slice([0, 0], [images.shape[0], 3]),
      /the shape of value\d+ depends on the number of images/,
    ],
  ])("refuses a model whose pass has %s", async (_, answer, message) => {
    await expect(traceModel("net", net(answer), { size: 8 })).rejects.toThrow(message);
  });
});

describe("a batch norm in a graph", () => {
  const norm = (x: tf.Tensor4D, channels: number) =>
    tf.batchNorm(
      x,
      drawn(1)([channels]) as never,
      tf.abs(drawn(2)([channels])) as never,
      drawn(3)([channels]) as never,
      drawn(4)([channels]) as never,
      1e-5,
    );
  const filter = tf.tensor4d;

  test.each<[string, Answer, readonly string[]]>([
    [
      "is taken into the convolution before it",
      (x) => norm(tf.conv2d(x as tf.Tensor4D, filter(drawn(5)([3, 3, 3, 4]), [3, 3, 3, 4]), 1, "same"), 4).relu(),
      ["FusedConv2D", "Relu", "Mean"],
    ],
    [
      "is taken into a depthwise one",
      (x) => norm(tf.depthwiseConv2d(x as tf.Tensor4D, filter(drawn(5)([3, 3, 3, 2]), [3, 3, 3, 2]), 1, 1), 6),
      ["FusedDepthwiseConv2D", "Mean"],
    ],
    [
      "is a product and a sum where something else looks at the convolution",
      (x) => {
        const map = tf.conv2d(x as tf.Tensor4D, filter(drawn(5)([3, 3, 3, 4]), [3, 3, 3, 4]), 2, "same");
        return norm(map, 4).add(map);
      },
      ["Conv2D", "Multiply", "Add", "Add", "Mean"],
    ],
  ])("%s, and the answers are the same", async (_, answer, kernels) => {
    const model = net((images, weights) => tf.mean(answer(images, weights), [1, 2]));
    const images = pictures(2, 9);
    const graph = simplified(await traceModel("net", model, { size: 9 }));
    expect(kernelsOf(graph)).toEqual(kernels);
    const { logits } = await runOnnx(fileOf(graph), images);
    expect(difference(await logitsOf(model, images), logits?.data as Float32Array)).toBeLessThan(1e-5);
  });
});

describe("a file of ONNX", () => {
  test.each(["resnet", "distilled deit", "bit"])("answers as %s does, for any number of images", async (family) => {
    const model = choose(families[family] as never);
    const file = fileOf(await traceModel(family, model, { size: 32 }));
    for (const count of [1, 5]) {
      const images = pictures(count);
      const { logits } = await runOnnx(file, images);
      expect(logits?.dims).toEqual([count, 3]);
      expect(difference(await logitsOf(model, images), logits?.data as Float32Array)).toBeLessThan(1e-4);
    }
  });

  test("turns each map once at most: of a residual network none", async () => {
    const graph = await traceModel("resnet", choose(families.resnet as never), { size: 32 });
    expect(Buffer.from(fileOf(graph)).includes("Transpose")).toBe(false);
  });

  test("gives what else is asked for, channels first", async () => {
    const model = choose(families.resnet as never);
    const file = fileOf(await traceModel("resnet", model, { size: 32, also: ["features", "nonsense"] }));
    const outputs = await runOnnx(file, pictures(2));
    expect(Object.entries(outputs).map(([name, { dims }]) => [name, dims])).toEqual([
      ["logits", [2, 3]],
      ["features", [2, 16, 4, 4]],
    ]);
  });

  test("says what it was told to say, and can be asked for it again", async () => {
    const file = fileOf(
      await traceModel(
        "net",
        net((images) => images.mean([1, 2])),
        { size: 8 },
      ),
    );
    expect(readMetadata(file)).toEqual(about.metadata);
    expect(() => readMetadata(file.subarray(0, file.length - 3))).toThrow(RangeError);
  });

  test("has every kernel that is written, each as tfjs computes it", async () => {
    const images = pictures(2, 8);
    const wrong: string[] = [];
    for (const [name, step] of Object.entries(steps)) {
      const model = net((x) => {
        const seen = step(x as tf.Tensor4D);
        return seen.reshape([seen.shape[0] as number, -1]);
      });
      const { logits } = await runOnnx(fileOf(await traceModel("net", model, { size: 8 })), images);
      const apart = difference(await logitsOf(model, images), logits?.data as Float32Array);
      if (!(apart < 1e-5)) wrong.push(`${name}: ${apart}`);
    }
    expect(wrong).toEqual([]);
  });

  test.each([true, false])("means a hundred thousand values to the last digits, keeping axes: %s", async (keeps) => {
    const model = net((images) => {
      const whole = images.reshape([images.shape[0], -1, 1, 3]).square();
      return whole.mean([1, 3], keeps).reshape([images.shape[0], 1]);
    });
    const images = pictures(2, 360);
    const file = fileOf(await traceModel("net", model, { size: 360 }));
    const values = await images.data<"float32">();
    const half = values.length / 2;
    const exact = [0, 1].map((image) => {
      const own = values.subarray(image * half, (image + 1) * half);
      return own.reduce((sum, value) => sum + value * value, 0) / half;
    });
    const { logits } = await runOnnx(file, images);
    expect(difference(exact, logits?.data as Float32Array)).toBeLessThan(1e-6);
  });

  test("has weights of 8 bits within half a step, 127 steps for the largest of each output channel", () => {
    const [channels, inner] = [4, 64];
    const values = Float32Array.from(drawn(9)([channels, inner]), (value, at) => value * 10 ** Math.floor(at / inner));
    const { initializers } = reduced("int8", {
      made: [{ operator: "Conv", inputs: ["x", "w"], outputs: ["y"], attributes: {} }],
      initializers: new Map([["w", { type: "float32", shape: [channels, inner, 1, 1], data: bytesOf(values) }]]),
    });
    const [steps, scales] = ["w.int8", "w.scale"].map((name) => initializers.get(name)?.data as Uint8Array);
    const scaleOf = new Float32Array(scales?.slice().buffer as ArrayBuffer);
    const whole = new Int8Array(steps?.slice().buffer as ArrayBuffer);
    expect([whole.length, scaleOf.length]).toEqual([channels * inner, channels]);
    for (const [channel, scale] of scaleOf.entries()) {
      const own = whole.subarray(channel * inner, (channel + 1) * inner);
      expect(Math.max(...own.map(Math.abs))).toBe(127);
      for (const [at, step] of own.entries())
        expect(Math.abs(step * scale - (values[channel * inner + at] as number))).toBeLessThan(0.50001 * scale);
    }
  });

  test("is not written of a kernel that no operator stands for, which the error names with a way out", async () => {
    const model = net((images) => tf.cumsum(images.mean([1, 2]), 1));
    const write = async () => fileOf(await traceModel("net", model, { size: 8 }));
    await expect(write()).rejects.toThrow(FgkdError);
    await expect(write()).rejects.toThrow(/^FGKD_NOT_EXPORTABLE \[net\] its kernel Cumsum .*another operation/);
  });
});
