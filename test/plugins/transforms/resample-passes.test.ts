import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createPixels, type Pixels } from "../../../plugins/transforms/pixels/pixels.js";
import { resample } from "../../../plugins/transforms/pixels/resample.js";
import { createFilter, type Interpolation } from "../../../plugins/transforms/pixels/resample-filter.js";
import { passesWith } from "../../../plugins/transforms/pixels/resample-passes.js";
import { modulePlace, moduleText } from "../../support/wat.js";

/** A line of one channel by the filter's table, in whole numbers, rounded and cut off. */
function line(values: readonly number[], to: number, interpolation: Interpolation): number[] {
  const { table, stride } = createFilter(values.length, to, values.length, 1, interpolation);
  return Array.from({ length: to }, (_, i) => {
    const [start = 0, bytes = 0, ...weights] = table.subarray((i * stride) / 4, ((i + 1) * stride) / 4);
    let sum = 2 ** 21;
    for (let tap = 0; tap < bytes / 4; tap++) sum += (weights[tap] as number) * (values[start + tap] as number);
    return Math.min(255, Math.max(0, Math.floor(sum / 2 ** 22)));
  });
}

/** One channel after the other, rows first: no vectors, no strips. */
function plainly({ width, height, data }: Pixels, toWidth: number, toHeight: number, interpolation: Interpolation) {
  const result = createPixels(toWidth, toHeight);
  for (let channel = 0; channel < 3; channel++) {
    const rows = Array.from({ length: height }, (_, y) => {
      const row = Array.from({ length: width }, (_, x) => data[(y * width + x) * 3 + channel] as number);
      return toWidth === width ? row : line(row, toWidth, interpolation);
    });
    for (let x = 0; x < toWidth; x++) {
      const column = rows.map((row) => row[x] as number);
      const resized = toHeight === height ? column : line(column, toHeight, interpolation);
      for (const [y, value] of resized.entries()) result.data[(y * toWidth + x) * 3 + channel] = value;
    }
  }
  return result;
}

/** Noise between black and white, and edges of both, where a cubic goes beyond. */
function noise(width: number, height: number): Pixels {
  const picture = createPixels(width, height);
  for (let i = 0; i < picture.data.length; i++) {
    const value = (i * 2654435761) >>> 22;
    picture.data[i] = value < 300 ? 0 : value > 700 ? 255 : value & 255;
  }
  return picture;
}

test.each([
  [37, 29, 16, 12],
  [16, 12, 41, 31],
  [1, 1, 5, 3],
  [7, 40, 7, 9],
  [40, 7, 9, 7],
  [2, 300, 1, 1],
  // Rows that are worked on in several strips, and one row that is longer than a strip.
  [1500, 200, 40, 30],
  [90_000, 2, 3, 5],
])("%d × %d to %d × %d is what whole numbers give, to the byte", (width, height, toWidth, toHeight) => {
  const picture = noise(width, height);
  for (const interpolation of ["bilinear", "bicubic"] as const) {
    const expected = plainly(picture, toWidth, toHeight, interpolation);
    expect(resample(picture, { width: toWidth, height: toHeight }, interpolation)).toEqual(expected);
  }
});

test("a huge picture's memory is not kept for the small ones after it", () => {
  const sizeOf = () => passesWith(1).memory.buffer.byteLength;
  resample(createPixels(4000, 3000), { width: 4000, height: 100 });
  const small = noise(20, 20);
  const expected = plainly(small, 7, 7, "bilinear");
  expect(passesWith(40_000_000).memory.buffer.byteLength).toBeGreaterThanOrEqual(40_000_000);
  expect(resample(small, { width: 7, height: 7 })).toEqual(expected);
  expect(sizeOf()).toBeLessThan(2 ** 25);
});

test("the compiled passes are those of resample.wat: `npm run wat` makes them", async () => {
  expect(readFileSync(modulePlace, "utf8")).toBe(await moduleText());
});
