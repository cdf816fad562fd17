import { readFileSync } from "node:fs";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { trivialAugmentOperations, trivialBins, trivialStrengths } from "../../../plugins/transforms/operations.js";
import { cut } from "../../../plugins/transforms/pixels/cut.js";
import { blur } from "../../../plugins/transforms/pixels/neighbours.js";
import type { Pixels } from "../../../plugins/transforms/pixels/pixels.js";
import { randomResizedCrop, tries } from "../../../plugins/transforms/threads.js";
import { input } from "../data/support.js";

interface Golden {
  /** Of an operation of TrivialAugmentWide, by bin. */
  readonly strengths: Readonly<Record<string, readonly number[]>>;
  /** Of a picture: its first row, width and height. */
  readonly rows: Readonly<Record<string, readonly [number, number, number]>>;
}

const file = (name: string) => new URL(`../../golden/torchvision/${name}`, import.meta.url);
// Written by test/golden/torchvision/make.py: the type is what it writes.
const { strengths, rows } = JSON.parse(readFileSync(file("made.json"), "utf8")) as Golden;
const names = Object.keys(rows).filter((name) => name !== "picture");

let sheet: Pixels;

beforeAll(async () => {
  const { data, info } = await sharp(readFileSync(file("made.png")))
    .raw()
    .toBuffer({ resolveWithObject: true });
  sheet = { width: info.width, height: info.height, data };
});

function golden(name: string): Pixels {
  const [top, width, height] = rows[name] ?? [0, 0, 0];
  return cut(sheet, { left: 0, top, width, height });
}

/** Our names of its operations; those that it moves the other way at the same sign, which is drawn like the toss of a coin. */
const ours: Readonly<Record<string, keyof typeof trivialAugmentOperations>> = {
  Identity: "identity",
  ShearX: "shear-x",
  ShearY: "shear-y",
  TranslateX: "translate-x",
  TranslateY: "translate-y",
  Rotate: "rotate",
  Brightness: "brightness",
  Color: "colour",
  Contrast: "contrast",
  Sharpness: "sharpness",
  Posterize: "posterize",
  Solarize: "solarize",
  AutoContrast: "auto-contrast",
  Equalize: "equalize",
};
const otherWay = ["TranslateX", "TranslateY"];

function made(name: string): Pixels {
  const [what = "", ...given] = name.split(" ");
  const picture = golden("picture");
  const numbers = given.map(Number);
  if (what === "blur") return blur(picture, numbers[1] as number, numbers[0] as number);
  if (what === "crop") return cropped(picture, given[0] as "bilinear" | "bicubic", numbers.slice(1));
  const [bin = 0] = numbers;
  const sign = bin < 0 !== otherWay.includes(what) ? -1 : 1;
  const operation = trivialAugmentOperations[ours[what] as keyof typeof trivialAugmentOperations];
  return operation(picture, Math.abs(bin), sign, { interpolation: "nearest", fill: [124, 116, 104] });
}

/** By the transform itself: told an area, a ratio and a place that only this box has. */
function cropped(picture: Pixels, interpolation: "bilinear" | "bicubic", box: readonly number[]): Pixels {
  const [left = 0, top = 0, width = 1, height = 1] = box;
  const share = (width * height) / (picture.width * picture.height);
  const ratio = width / height;
  const drawn = new Array<number>(2 * tries).fill(0);
  drawn.push((left + 0.5) / (picture.width - width + 1), (top + 0.5) / (picture.height - height + 1));
  const options = { size: 16, scale: [share, share], ratio: [ratio, ratio], interpolation } as const;
  return randomResizedCrop(picture, { options, drawn, input }) as Pixels;
}

/** Grey levels between two pictures, on average. */
function apart(one: Pixels, other: Pixels): number {
  const sum = one.data.reduce((total, value, at) => total + Math.abs(value - (other.data[at] as number)), 0);
  return sum / one.data.length;
}

describe("pictures come out as torchvision makes them", () => {
  test.each(names)("%s", (name) => {
    const [expected, found] = [golden(name), made(name)];
    expect([found.width, found.height]).toEqual([expected.width, expected.height]);
    expect(apart(found, expected)).toBeLessThan(0.05);
  });

  test("and differ from each other, so that no two could be mistaken", () => {
    const picture = golden("picture");
    const same = names.filter((name) => golden(name).width === picture.width && apart(golden(name), picture) < 0.5);
    expect(same).toEqual(["Identity 0"]);
  });
});

describe("TrivialAugment's strengths", () => {
  test("are torchvision's in all 31 bins, of each operation that has any", () => {
    const found = Object.fromEntries(
      Object.keys(strengths).map((name) => {
        const of = trivialStrengths[ours[name] as keyof typeof trivialStrengths];
        return [name, Array.from({ length: trivialBins }, (_, bin) => Number(of(bin).toFixed(4)))];
      }),
    );
    const expected = Object.entries(strengths).map(([name, all]) => [name, all.map((one) => Number(one.toFixed(4)))]);
    expect(found).toEqual(Object.fromEntries(expected));
    expect(Object.keys(found)).toHaveLength(Object.keys(trivialStrengths).length);
  });
});
