import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Batch, Model, ModelInput, Normalisation } from "../../../core/index.js";
import { resolveInput, withInput } from "../../../core/models/input.js";
import { normalisePixels } from "../../../core/models/pixels.js";
import { antialiasedResize } from "../../../core/ops/index.js";
import { gradientError, tinyModel } from "../../../core/testing/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const imageNet: Normalisation = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };
const half: Normalisation = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };
const asTheyCome: ModelInput = { ...imageNet, crop: null, size: null, interpolation: "bilinear" };

beforeAll(() => startEngine("cpu"));
afterEach(() => tf.disposeVariables());

/** A model that says which images it was given, and gives them back. */
function mirror(own: ModelInput, makes?: Model["makes"]) {
  const given: tf.Tensor4D[] = [];
  const model: Model = {
    ...tinyModel(),
    ...(makes && { makes }),
    head: ["fc.weight"],
    forward: ({ images }) => {
      if (images) given.push(tf.keep(images.clone()));
      return makes ? { images: tf.ones<tf.Rank.R4>([1, 2, 2, 3]) } : {};
    },
  };
  const wrapped = withInput("student", model, () => own);
  return {
    model: wrapped,
    see: (batch: Batch) => {
      tf.tidy(() => void wrapped.forward(batch, "eval"));
      return given.at(-1) as tf.Tensor4D;
    },
  };
}

/** The pixels of a picture, row by row, as a source would normalise them. */
const picture = (size: number, { mean, deviation }: Normalisation) => {
  const pixels = Array.from({ length: size * size * 3 }, (_, i) => ((i * 37) % 256) / 255);
  const values = pixels.map((pixel, i) => (pixel - (mean[i % 3] as number)) / (deviation[i % 3] as number));
  return tf.tensor4d(values, [1, size, size, 3]);
};

describe("a model's own input", () => {
  test("is what the batch has already: the very same tensor, and no operation", () => {
    const { model } = mirror(asTheyCome);
    const images = picture(4, imageNet);
    const seen: unknown[] = [];
    const forward: Model["forward"] = (batch) => {
      seen.push(batch.images);
      return {};
    };
    const same = withInput("student", { ...model, forward }, () => asTheyCome);
    same.forward({ images, normalisation: { ...imageNet } }, "train");
    same.forward({ images }, "train");
    expect(seen).toEqual([images, images]);
    expect(seen[0]).toBe(images);
    expect(seen[1]).toBe(images);
  });

  test("is normalised with the model's statistics, whatever the batch was normalised with", () => {
    const { see } = mirror(asTheyCome);
    expect(see({ images: picture(4, half), normalisation: half })).toBeAllclose(picture(4, imageNet), {
      absolute: 1e-5,
    });
  });

  test("is cut from the middle, then reduced by the filter that it names, then normalised", () => {
    const { see } = mirror({ ...asTheyCome, crop: 4, size: 2, interpolation: "bicubic" });
    const images = picture(8, half);
    const middle = picture(8, imageNet).slice([0, 2, 2, 0], [1, 4, 4, 3]);
    const expected = antialiasedResize(middle, [2, 2], "bicubic");
    expect(see({ images, normalisation: half })).toBeAllclose(expected, { absolute: 1e-5 });
    expect(see({ images, normalisation: half })).not.toBeAllclose(antialiasedResize(middle, [2, 2]), {
      absolute: 1e-3,
    });
  });

  test("leads gradients back to the images", () => {
    const own = { ...asTheyCome, size: 2 };
    const model = withInput("student", { ...tinyModel(), forward: ({ images }) => ({ images }) }, () => own);
    const sum = (images: tf.Tensor) => {
      const seen = model.forward({ images: images as tf.Tensor4D, normalisation: half }, "train").images;
      return (seen as tf.Tensor4D).square().sum() as tf.Scalar;
    };
    expect(gradientError(sum, [picture(4, half)])).toBeLessThan(0.01);
  });

  test("is made of pixels in whole numbers too", () => {
    const { see } = mirror(asTheyCome);
    const pixels = Array.from({ length: 48 }, (_, i) => (i * 37) % 256);
    expect(see({ images: tf.tensor4d(pixels, [1, 4, 4, 3], "int32") })).toBeAllclose(picture(4, imageNet), {
      absolute: 1e-6,
    });
  });

  test.each([
    ["size", { size: 5 }],
    ["crop", { crop: 5 }],
  ])("refuses a %s that cannot be made of the images", (option, said) => {
    const { see } = mirror({ ...asTheyCome, ...said });
    expect(() => see({ images: picture(4, half), normalisation: half })).toThrow(
      `FGKD_INVALID_OPTION [models.student.input] option "${option}" must be at most 4, the side of its images, received 5.`,
    );
  });

  test("keeps every field of the model within reach", () => {
    const { model } = mirror(asTheyCome, { size: 2 });
    expect(Object.keys(model).sort()).toEqual([
      "classifier",
      "forward",
      "head",
      "input",
      "makes",
      "maps",
      "parameters",
    ]);
  });
});

describe("images that a model makes", () => {
  test("are in its normalisation, and say so", () => {
    const { model } = mirror({ ...asTheyCome, ...half }, { size: 2, ...imageNet });
    const { images, normalisation } = model.forward({}, "eval");
    expect(normalisation).toEqual(half);
    // A 1 in ImageNet's normalisation, led over by hand.
    expect((images as tf.Tensor4D).slice([0, 0, 0, 0], [1, 1, 1, 3])).toBeAllclose(
      [0, 1, 2].map((c) => ((imageNet.deviation[c] as number) + (imageNet.mean[c] as number) - 0.5) / 0.5),
    );
  });

  test("are left as they are where their normalisation is the model's own", () => {
    const made = tf.ones<tf.Rank.R4>([1, 2, 2, 3]);
    const model: Model = { ...tinyModel(), makes: { size: 2 }, forward: () => ({ images: made }) };
    expect(withInput("generator", model, () => asTheyCome).forward({}, "train").images).toBe(made);
  });
});

describe("what is said of an input", () => {
  test("counts in order, part by part, and the stage's normalisation last", () => {
    const settings = { size: 32 };
    const file = { ...half, size: 64, interpolation: "bicubic" } as const;
    expect(resolveInput([settings, undefined, file], imageNet)).toEqual({
      ...half,
      crop: null,
      size: 32,
      interpolation: "bicubic",
    });
    expect(resolveInput([], imageNet)).toEqual(asTheyCome);
  });

  test("may be that images stay as they come, against what a file says", () => {
    expect(resolveInput([{ size: null }, { size: 64 }], imageNet).size).toBeNull();
  });
});

describe("normalising pixels", () => {
  test("gives the bytes that a table of the threads gives", () => {
    const pixels = Uint8Array.from({ length: 256 * 3 }, (_, i) => (i * 7) % 256);
    const images = tf.tensor4d(pixels, [1, 16, 16, 3], "int32");
    const expected = Float32Array.from(pixels, (value, i) => {
      const channel = i % 3;
      return (value / 255 - (imageNet.mean[channel] as number)) / (imageNet.deviation[channel] as number);
    });
    expect(normalisePixels(images, imageNet).dataSync()).toEqual(expected);
  });
});
