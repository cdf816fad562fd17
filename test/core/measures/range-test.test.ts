/** Learning rates that are found on losses made for it. */
import { describe, expect, test } from "vitest";
import { createRandom, findRates, type RatedLoss } from "../../../core/index.js";

/** From 1e-6 to 10 in so many steps: the loss by the logarithm of the rate, and what is drawn on top of it. */
function losses(of: (exponent: number) => number, steps = 200, noise = 0): readonly RatedLoss[] {
  const drawn = createRandom("range").normals(steps);
  return Array.from({ length: steps }, (_, at) => {
    const exponent = -6 + (7 * at) / (steps - 1);
    return { learningRate: 10 ** exponent, loss: of(exponent) + noise * (drawn[at] as number) };
  });
}

/** 3 until 1e-4, then falling in a line to 1 at 1e-1, then rising steeply. */
const usual = (exponent: number) =>
  exponent < -4 ? 3 : exponent < -1 ? 3 - (2 * (exponent + 4)) / 3 : 1 + 4 * (exponent + 1);
/** Half a wave that falls fastest at 1e-3. */
const wave = (exponent: number) => 2 - Math.sin((Math.PI / 4) * Math.max(-2, Math.min(2, exponent + 3)));

describe("a range test", () => {
  test.each([0, 0.05])("tells at which rate the loss is lowest, with noise of %f", (noise) => {
    const found = findRates(losses(usual, 400, noise));
    // The bell is a quarter of a decade wide.
    expect(Math.log10(found.lowest as number)).toBeGreaterThan(-1.4);
    expect(Math.log10(found.lowest as number)).toBeLessThan(-0.9);
    expect(found.suggested).toBeLessThan(found.lowest as number);
    expect(found.suggested).toBeGreaterThan(5e-5);
    expect(found.rises).toBe(true);
  });

  test("suggests the rate at which the loss fell fastest, and tells whether it rose again", () => {
    const found = findRates(losses(wave));
    expect(Math.log10(found.suggested as number)).toBeCloseTo(-3, 1);
    expect(found.rises).toBe(false);
    expect(found.smoothed).toHaveLength(200);
  });

  test("suggests nothing where the loss never moved, or only rose", () => {
    expect(findRates(losses(() => 3))).toMatchObject({ suggested: null, lowest: null, rises: false });
    expect(findRates(losses(() => 3, 100, 0.2)).suggested).toBeNull();
    expect(findRates(losses((exponent) => 3 + Math.max(0, exponent + 4))).suggested).toBeNull();
    expect(findRates([]).suggested).toBeNull();
  });

  test("ends where the loss is no number any more, and that is a rise", () => {
    const broken = losses(usual).map((step) => (step.learningRate > 0.05 ? { ...step, loss: Number.NaN } : step));
    const found = findRates(broken);
    expect(found.rises).toBe(true);
    expect(found.smoothed.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    expect(found.lowest).toBeGreaterThan(0.02);
  });
});
