import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { attentionOnBird, birdParts, birdPlaceAt, drawBird } from "../../../plugins/data/index.js";
import { heatColour } from "../../../plugins/pictures/colours.js";
import { drawGrid, heatMapOver } from "../../../plugins/pictures/index.js";

/** Lightness as the eye has it (OKLab), of a colour of a screen. */
function lightness([red, green, blue]: readonly [number, number, number]): number {
  const [r, g, b] = [red, green, blue].map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const long = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const medium = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const short = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return 0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short;
}

describe("the colours of heat maps", () => {
  test("grow lighter by the same step from 0 to 1", () => {
    for (let step = 0; step <= 20; step++)
      expect(lightness(heatColour(step / 20))).toBeCloseTo(0.2 + (0.75 * step) / 20, 2);
  });
});

describe("a map over a picture", () => {
  const picture = { width: 2, height: 1, data: Uint8Array.of(200, 100, 0, 200, 100, 0) };

  test("is the mean of picture and colours by its opacity", () => {
    const { data } = heatMapOver(picture, [0, 1], 0.25);
    const mixed = (share: number) =>
      heatColour(share).map((value, at) => Math.round(0.75 * ([200, 100, 0][at] as number) + 0.25 * value));
    expect([...data]).toEqual([...mixed(0), ...mixed(1)]);
    expect(heatMapOver(picture, [0, 1], 0).data).toEqual(picture.data);
  });
});

describe("a grid", () => {
  test("has each picture at its place, enlarged, and words under it", async () => {
    const plain = (value: number) => ({ width: 4, height: 4, data: new Uint8Array(48).fill(value) });
    const cell = (value: number, ...lines: string[]) => ({ picture: plain(value), lines });
    const png = await drawGrid({
      heads: ["a", "b"],
      rows: [
        [cell(0, "<one> & only"), cell(128)],
        [cell(64), cell(32)],
      ],
      side: 40,
    });
    const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([6 + 2 * 46, 6 + 14 + 2 * (46 + 14)]);
    const at = (x: number, y: number) => data[(y * info.width + x) * info.channels] as number;
    expect([at(26, 40), at(72, 40), at(26, 100), at(72, 100)]).toEqual([0, 128, 64, 32]);
    const words = Array.from({ length: 40 }, (_, x) => Array.from({ length: 14 }, (_, y) => at(6 + x, 60 + y))).flat();
    expect(Math.min(...words)).toBeLessThan(128);
  });
});

describe("attention on a drawn bird", () => {
  const box = (left: number, top: number, right: number, bottom: number) => ({ left, top, right, bottom });
  const parts = {
    beak: box(0, 0, 0.25, 0.25),
    eye: box(0.25, 0, 0.5, 0.25),
    wing: box(0, 0.25, 0.5, 0.5),
    tail: box(0.5, 0.5, 0.75, 0.75),
  };
  const even = new Float32Array(64).fill(1);

  test("of an even map is the share of the area", () => {
    expect(attentionOnBird(even, parts)).toEqual({
      beak: 1 / 16,
      eye: 1 / 16,
      wing: 1 / 8,
      tail: 1 / 16,
      "rest of the bird": 9 / 16 - 5 / 16,
      background: 7 / 16,
    });
  });

  test("counts what lies where, within the central square that the network sees", () => {
    // Of a square of half the side, the upper left cell of 8 × 8 is at 0.28, 0.28 of the picture.
    const map = new Float32Array(64);
    [map[0], map[63]] = [3, 1];
    expect(attentionOnBird(map, parts, 0.5)).toMatchObject({ wing: 0.75, tail: 0.25, background: 0 });
    expect(attentionOnBird(new Float32Array(64), parts).wing).toBe(0);
  });

  test("knows the places of a bird that it draws", () => {
    const { parts } = birdParts("test", 3, { classes: 2, test: 4 });
    const { wing } = parts;
    expect(birdPlaceAt(parts, (wing.left + wing.right) / 2, wing.bottom - 1e-6)).toBe("wing");
    expect(birdPlaceAt(parts, 0, 0)).toBe("background");
    const picture = drawBird("test", 3, 24, { classes: 2, test: 4 });
    expect([picture.width, picture.height, picture.data.length]).toEqual([24, 24, 24 * 24 * 3]);
  });
});
