/** How large a test would have to be, by the formula and by trying it. */
import { describe, expect, test } from "vitest";
import { differenceInterval, imagesToSettle, shareOf } from "../../../core/index.js";
import { mcnemarExact } from "../../../core/measures/paired.js";
import { createRandom } from "../../../core/values/random.js";

describe("images that settle a difference", () => {
  test("are as many as Connor's formula says", () => {
    // ψ = 0.2, δ = 0.1: (1.959964 √0.2 + 0.841621 √0.19)² / 0.01 = 154.4…
    expect(imagesToSettle({ images: 100, onlyFirst: 5, onlySecond: 15 })).toBe(155);
  });

  test("find it four times out of five, by trying", () => {
    const needed = imagesToSettle({ images: 100, onlyFirst: 5, onlySecond: 15 });
    const random = createRandom("power");
    let found = 0;
    for (let trial = 0; trial < 1000; trial++) {
      let [first, second] = [0, 0];
      for (let image = 0; image < needed; image++) {
        const drawn = random.next();
        if (drawn < 0.05) first += 1;
        else if (drawn < 0.2) second += 1;
      }
      if (mcnemarExact(first, second) < 0.05) found += 1;
    }
    // The exact test is a little more careful than the formula, which is of its approximation.
    expect(found).toBeGreaterThan(720);
    expect(found).toBeLessThan(840);
  });

  test("grow fourfold where the difference is half, and without end where there is none", () => {
    const [one, half] = [10, 5].map((more) =>
      imagesToSettle({ images: 200, onlyFirst: 20 - more / 2, onlySecond: 20 + more / 2 }),
    );
    expect((half as number) / (one as number)).toBeCloseTo(4, 0);
    expect(imagesToSettle({ images: 200, onlyFirst: 20, onlySecond: 20 })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("the interval of a difference of other images", () => {
  test("is Newcombe's of 56 of 70 and 48 of 80", () => {
    // His table II, (a), method 10: 0.0524 to 0.3339, of first less second.
    const [low, high] = differenceInterval(shareOf(48, 80), shareOf(56, 70));
    expect(low).toBeCloseTo(5.24, 2);
    expect(high).toBeCloseTo(33.39, 2);
  });

  test("says nothing where one has no image", () => {
    expect(differenceInterval(shareOf(0, 0), shareOf(5, 10))).toEqual([-100, 100]);
  });
});
