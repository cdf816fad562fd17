import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { randAugmentOperations, trivialAugmentOperations } from "../../../plugins/transforms/operations.js";
import { affine, rotation } from "../../../plugins/transforms/pixels/affine.js";
import { grey } from "../../../plugins/transforms/pixels/colour.js";
import { hue } from "../../../plugins/transforms/pixels/hue.js";
import type { Pixels } from "../../../plugins/transforms/pixels/pixels.js";
import { resize } from "../../../plugins/transforms/threads.js";
import { input } from "../data/support.js";

interface Golden {
  readonly width: number;
  readonly height: number;
  readonly picture: string;
  readonly made: Readonly<Record<string, string>>;
}

// Written by test/golden/pillow/make.py: the type is what it writes.
const golden = JSON.parse(
  readFileSync(new URL("../../golden/pillow/transforms.json", import.meta.url), "utf8"),
) as Golden;
const bytes = (text = "") => new Uint8Array(Buffer.from(text, "base64"));
const picture: Pixels = { width: golden.width, height: golden.height, data: bytes(golden.picture) };
const sampling = { interpolation: "bicubic", fill: [124, 116, 104] } as const;

/** RandAugment's operation at magnitude 9. */
const nine = (name: keyof typeof randAugmentOperations, sign: 1 | -1 = 1) =>
  randAugmentOperations[name](picture, 9, sign, sampling);
const rotated = (interpolation: "bilinear" | "nearest") =>
  affine(picture, rotation(picture, 27), { ...sampling, interpolation });

const ours: Readonly<Record<string, () => Pixels>> = {
  "auto-contrast": () => nine("auto-contrast"),
  equalize: () => nine("equalize"),
  invert: () => nine("invert"),
  "rotate 27": () => nine("rotate"),
  "rotate -27": () => nine("rotate", -1),
  "rotate 27 bilinear": () => rotated("bilinear"),
  "rotate 27 nearest": () => rotated("nearest"),
  "posterize 1": () => nine("posterize"),
  "solarize 26": () => nine("solarize"),
  "solarize-add 99": () => nine("solarize-add"),
  "colour 1.81": () => nine("colour"),
  "colour 0.19": () => nine("colour", -1),
  "contrast 1.81": () => nine("contrast"),
  "contrast 0.19": () => nine("contrast", -1),
  "brightness 1.81": () => nine("brightness"),
  "brightness 0.19": () => nine("brightness", -1),
  "sharpness 1.81": () => nine("sharpness"),
  "sharpness 0.19": () => nine("sharpness", -1),
  "shear-x 0.27": () => nine("shear-x"),
  "shear-y -0.27": () => nine("shear-y", -1),
  "translate-x 0.405": () => nine("translate-x"),
  "translate-y -0.405": () => nine("translate-y", -1),
  "hue 0.1": () => hue(picture, 0.1),
  "hue -0.3": () => hue(picture, -0.3),
  grey: () => grey(picture),
  "pad 20": () =>
    resize(picture, { options: { size: 20, fit: "pad", interpolation: "bilinear" }, drawn: [], input }) as Pixels,
};

/** Grey levels between two pictures: on average, and for how many values more than one. */
function difference(one: Uint8Array, other: Uint8Array) {
  const apart = [...one].map((value, at) => Math.abs(value - (other[at] as number)));
  return {
    mean: apart.reduce((sum, value) => sum + value, 0) / apart.length,
    far: apart.filter((value) => value > 1).length / apart.length,
  };
}

describe("pictures come out as Pillow makes them", () => {
  test("of every kind that it was asked for", () => {
    expect(Object.keys(ours)).toEqual(Object.keys(golden.made));
    expect(trivialAugmentOperations.identity(picture)).toBe(picture);
  });

  test.each(Object.keys(ours))("%s", (name) => {
    const expected = bytes(golden.made[name]);
    const found = ours[name]?.().data ?? new Uint8Array();
    expect(found).toHaveLength(expected.length);
    const { mean, far } = difference(found, expected);
    expect(mean).toBeLessThan(0.02);
    expect(far).toBeLessThan(0.01);
    if (expected.length === picture.data.length) expect(difference(picture.data, expected).mean).toBeGreaterThan(2);
  });
});
