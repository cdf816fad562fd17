/** The ratio of the two largest logits, and what it must not depend on. */
import { describe, expect, test } from "vitest";
import { createTopRatios } from "../../../core/index.js";
import { createRandom } from "../../../core/values/random.js";

function ratioOf(rows: readonly (readonly number[])[]) {
  const ratios = createTopRatios();
  for (const row of rows) ratios.add(row);
  return ratios.result();
}

describe("the ratio of the two largest logits", () => {
  test("is that of one to the other, where all add up to nothing", () => {
    expect(ratioOf([[6, 4, -5, -5]])).toEqual({ images: 1, inverse: 4 / 6, standardError: 0, ratio: 1.5 });
  });

  test("stays where a number is added to all logits, which changes no probability", () => {
    const rows = Array.from({ length: 20 }, (_, at) => [...createRandom(`row ${at}`).normals(10)]);
    const moved = rows.map((row, at) => row.map((value) => value + 3 * at - 30));
    expect(ratioOf(moved).inverse).toBeCloseTo(ratioOf(rows).inverse, 6);
  });

  test("is little moved by one image whose second logit is nothing, which the plain mean would be of alone", () => {
    const usual = new Array(99).fill([6, 4, -5, -5]);
    expect(ratioOf([...usual, [6, 1e-9, -3, -3]]).ratio).toBeCloseTo(1.515, 3);
  });

  test("is none where the second lies below the mean, and the mean of second to first tells how far", () => {
    expect(ratioOf([[9, -3, -3, -3]])).toMatchObject({ ratio: null, inverse: -1 / 3 });
    expect(ratioOf([[2, -2]])).toMatchObject({ ratio: null, inverse: -1 });
  });

  test("is 1 of logits that are all the same, and no number where one is none", () => {
    expect(ratioOf([[2, 2, 2]]).ratio).toBe(1);
    expect(ratioOf([[1, Number.NaN, 0]]).inverse).toBeNaN();
    expect(ratioOf([[Number.POSITIVE_INFINITY, 1, 0]]).inverse).toBeNaN();
  });

  test("has the standard error of a mean", () => {
    const { inverse, standardError } = ratioOf([
      [6, 4, -5, -5],
      [6, 3, -4, -5],
      [6, 2, -3, -5],
    ]);
    expect(inverse).toBeCloseTo(0.5, 12);
    expect(standardError).toBeCloseTo(1 / 6 / Math.sqrt(3), 12);
  });
});
