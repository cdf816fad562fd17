import { describe, expect, test } from "vitest";
import type { InputSettings } from "../../../core/index.js";
import { centreOffset, randomOffset, resizedSize } from "../../../plugins/transforms/pixels/geometry.js";
import { createPixels, type Pixels } from "../../../plugins/transforms/pixels/pixels.js";
import { resample } from "../../../plugins/transforms/pixels/resample.js";
import { centerCrop } from "../../../plugins/transforms/threads.js";

const triangle = (x: number) => Math.max(0, 1 - Math.abs(x));
/** Keys' cubic with a = −0.5, written out. */
const cubic = (x: number) => {
  const d = Math.abs(x);
  if (d <= 1) return 1.5 * d ** 3 - 2.5 * d ** 2 + 1;
  return d < 2 ? -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2 : 0;
};

/** An antialiased filter as defined, in double precision, without rounding in between. */
function reference(
  { width, height, data }: Pixels,
  toWidth: number,
  toHeight: number,
  kernel: (distance: number) => number = triangle,
): number[] {
  const weights = (from: number, to: number, i: number) => {
    const scale = from / to;
    const support = Math.max(scale, 1);
    const all = Array.from({ length: from }, (_, j) => kernel((j + 0.5 - (i + 0.5) * scale) / support));
    const total = all.reduce((sum, weight) => sum + weight, 0);
    return all.map((weight) => weight / total);
  };
  const result: number[] = [];
  for (let y = 0; y < toHeight; y++) {
    const down = weights(height, toHeight, y);
    for (let x = 0; x < toWidth; x++) {
      const across = weights(width, toWidth, x);
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (const [row, weight] of down.entries()) {
          if (weight === 0) continue;
          for (const [column, other] of across.entries())
            sum += weight * other * (data[(row * width + column) * 3 + c] ?? 0);
        }
        result.push(sum);
      }
    }
  }
  return result;
}

/** Hard edges and gradients: what resizing gets wrong, if anything. */
function pattern(width: number, height: number): Pixels {
  const image = createPixels(width, height);
  image.data.forEach((_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    image.data[i] = c === 0 ? 255 * ((x + y) & 1) : c === 1 ? (255 * x) / width : 255 * ((x >> 3) & 1) * ((y >> 2) & 1);
  });
  return image;
}

describe("resizing", () => {
  test.each([
    [37, 29, 16, 12],
    [40, 40, 13, 39],
    [16, 12, 40, 30],
    [64, 48, 5, 4],
    [30, 30, 30, 11],
  ])("%d × %d to %d × %d agrees with the definition within one grey level", (width, height, toWidth, toHeight) => {
    const image = pattern(width, height);
    const expected = reference(image, toWidth, toHeight);
    const received = resample(image, { width: toWidth, height: toHeight }).data;
    expect(received).toHaveLength(expected.length);
    expect(Math.max(...expected.map((value, i) => Math.abs(value - (received[i] ?? -99))))).toBeLessThanOrEqual(1.01);
  });

  test.each([
    [37, 29, 16, 12],
    [16, 12, 40, 30],
  ])("%d × %d to %d × %d by the cubic, too", (width, height, toWidth, toHeight) => {
    const image = pattern(width, height);
    // Neither black nor white, so that nothing is cut off.
    image.data.forEach((value, i) => {
      image.data[i] = 96 + value / 4;
    });
    const expected = reference(image, toWidth, toHeight, cubic);
    const received = resample(image, { width: toWidth, height: toHeight }, "bicubic").data;
    expect(Math.max(...expected.map((value, i) => Math.abs(value - (received[i] ?? -99))))).toBeLessThanOrEqual(1.01);
    const bilinear = reference(image, toWidth, toHeight);
    expect(Math.max(...bilinear.map((value, i) => Math.abs(value - (received[i] ?? -99))))).toBeGreaterThan(3);
  });

  test("by the cubic stays white beside an edge, where the cubic itself would go beyond", () => {
    const edge = createPixels(8, 4);
    edge.data.forEach((_, i) => {
      edge.data[i] = Math.floor(i / 3) % 8 < 4 ? 0 : 255;
    });
    const { data } = resample(edge, { width: 32, height: 4 }, "bicubic");
    const row = Array.from({ length: 32 }, (_, x) => data[x * 3] as number);
    expect(row).toEqual([...row].sort((a, b) => a - b));
    expect([row[0], row[31]]).toEqual([0, 255]);
  });

  test("to the same size changes nothing", () => {
    const image = pattern(9, 7);
    expect(resample(image, image).data).toEqual(image.data);
  });

  test("keeps white white and black black", () => {
    const white = createPixels(21, 13);
    white.data.fill(255);
    expect(new Set(resample(white, { width: 8, height: 5 }).data)).toEqual(new Set([255]));
    expect(new Set(resample(createPixels(21, 13), { width: 50, height: 40 }).data)).toEqual(new Set([0]));
  });
});

describe("sizes and offsets are torchvision's", () => {
  test("the longer side is cut off to a whole number", () => {
    expect(resizedSize({ width: 500, height: 333 }, 512, "shorter")).toEqual({ width: 768, height: 512 });
    expect(resizedSize({ width: 333, height: 500 }, 512, "shorter")).toEqual({ width: 512, height: 768 });
    expect(resizedSize({ width: 464, height: 348 }, 146, "shorter")).toEqual({ width: 194, height: 146 });
    expect(resizedSize({ width: 464, height: 348 }, 146, "warp")).toEqual({ width: 146, height: 146 });
  });

  test("the longer side may be the one that is given, and the other is rounded as timm does", () => {
    expect(resizedSize({ width: 500, height: 333 }, 224, "longer")).toEqual({ width: 224, height: 149 });
    expect(resizedSize({ width: 5, height: 10 }, 5, "longer")).toEqual({ width: 2, height: 5 });
    expect(resizedSize({ width: 4000, height: 1 }, 100, "longer")).toEqual({ width: 100, height: 1 });
  });

  test("a picture that is smaller than its square has a border of the mean around it, the odd pixel right and below", () => {
    const picture = { width: 3, height: 2, data: new Uint8Array(18).fill(9) };
    const input = { mean: [0.5, 0, 1] } as unknown as InputSettings;
    const square = (fill: "mean" | readonly [number, number, number] | null) =>
      centerCrop(picture, { options: { size: 4, fill }, drawn: [], input }) as Pixels;
    const border = [128, 0, 255];
    const rows = [0, 1, 2, 3].map((row) => [...square("mean").data.subarray(row * 12, row * 12 + 12)]);
    const inside = [...Array.from({ length: 9 }, () => 9), ...border];
    expect(rows).toEqual([
      [border, border, border, border].flat(),
      inside,
      inside,
      [border, border, border, border].flat(),
    ]);
    expect([...square([1, 2, 3]).data.subarray(0, 3)]).toEqual([1, 2, 3]);
    expect(() => square(null)).toThrow("a square of 4 does not fit into 2");
  });

  test("centre offsets are rounded to even halves", () => {
    expect(
      [
        [5, 4],
        [7, 4],
        [9, 4],
        [11, 4],
        [146, 128],
        [129, 112],
      ].map(([l = 0, c = 0]) => centreOffset(l, c)),
    ).toEqual([0, 2, 2, 4, 9, 8]);
  });

  test("random offsets reach from one edge of the padding to the other", () => {
    expect(randomOffset(10, 8, 2, 0)).toBe(-2);
    expect(randomOffset(10, 8, 2, 0.999999)).toBe(4);
    expect(randomOffset(8, 8, 0, 0.5)).toBe(0);
  });
});
