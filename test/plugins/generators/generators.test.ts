import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Backbones, createRandom } from "../../../core/index.js";
import { largestSingularValue } from "../../../plugins/layers/spectral-norm.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";
import { blank, create } from "../backbones/building.js";

beforeAll(() => startEngine("wasm"));

const tiny = { noise: 6, size: 16, widths: [16, 8, 8, 4, 4] };

describe("the attention generator", () => {
  test.each([
    [256, 224, 27_656_643],
    [100, 64, 2_693_571],
  ])("with noise %d and %d px has %d weights, as in the specification", (noise, size, expected) => {
    expect(create("attention-generator", { noise, size }, 0, blank).parameters.size).toBe(expected);
  });

  test("makes normalised images, every pixel of which is between black and white", () => {
    const model = create("attention-generator", tiny);
    const images = tf.tidy(() => model.forward({ noise: tf.randomNormal([3, 6], 0, 9, "float32", 1) }, "train").images);
    expect(images?.shape).toEqual([3, 16, 16, 3]);
    const pixels = (images as tf.Tensor).mul([0.229, 0.224, 0.225]).add([0.485, 0.456, 0.406]);
    expect(pixels.min().dataSync()[0]).toBeGreaterThan(-1e-6);
    expect(pixels.max().dataSync()[0]).toBeLessThan(1 + 1e-6);
  });

  test("at an attention weight of 0 is the generator without attention, whatever the attention says", () => {
    const noise = tf.randomNormal<tf.Rank.R2>([2, 6], 0, 1, "float32", 1);
    const images = (options: Backbones["attention-generator"]) => {
      const model = create("attention-generator", { ...tiny, ...options });
      return tf.tidy(() => model.forward({ noise }, "eval").images as tf.Tensor);
    };
    const of = (attentionScale: "none" | "area") => images({ attentionWeight: 0, attentionScale });
    expect(of("area")).toBeAllclose(of("none"));
    const other = images({ attentionWeight: 1, attentionScale: "area" });
    expect(other.sub(of("none")).abs().max().dataSync()[0]).toBeGreaterThan(1e-6);
  });

  test("refuses a size that four doublings cannot reach", () => {
    expect(() => create("attention-generator", { size: 40 })).toThrow(
      /option "size" must be a multiple of 16, received 40/,
    );
  });
});

test("the small generator with noise 256, width 64 and 32 px has 2,328,899 weights, as in the specification", () => {
  expect(create("small-generator", { size: 32, width: 64 }, 0, blank).parameters.size).toBe(2_328_899);
});

test("the small generator whose first map is twice as wide has 4,581,955 weights", () => {
  expect(create("small-generator", { size: 32, width: 64, firstWidth: 256 }, 0, blank).parameters.size).toBe(4_581_955);
});

describe("spectral normalisation", () => {
  const random = createRandom(1);
  const variable = (shape: number[]) =>
    tf.variable(tf.tensor(random.normals(tf.util.sizeFromShape(shape)), shape), false);

  test("finds the largest singular value in a few steps, and moves nothing outside training", () => {
    // One by one pixel, so that the filter is its matrix: rows 3 and 4 long, at right angles.
    const filter = tf.tensor4d([3, 0, 0, 4], [1, 1, 2, 2]);
    const [u, v] = [variable([2]), variable([2])];
    for (let step = 0; step < 30; step++) largestSingularValue(filter, u, v, "train").dispose();
    expect(largestSingularValue(filter, u, v, "eval")).toBeAllclose(tf.scalar(4), { absolute: 1e-5 });
    const before = v.dataSync().slice();
    largestSingularValue(filter, u, v, "eval").dispose();
    largestSingularValue(filter, u, v, "batch-statistics").dispose();
    expect([...v.dataSync()]).toEqual([...before]);
  });

  test("takes the singular vectors for constants: the gradient is their product", () => {
    const filter = tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2]);
    const [u, v] = [variable([2]), variable([2])];
    const gradient = tf.grad((filter) => largestSingularValue(filter, u, v, "eval"))(filter);
    const product = tf.outerProduct(u as tf.Tensor as tf.Tensor1D, v as tf.Tensor as tf.Tensor1D);
    expect(gradient.reshape([2, 2])).toBeAllclose(product, { absolute: 1e-6 });
  });
});
