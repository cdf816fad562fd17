import { describe, expect, test } from "vitest";
import { createLossScaling } from "../../../core/update/loss-scaling.js";

describe("the factor on a loss", () => {
  test("is halved by each overflow, down to 1, where the gradient itself is at fault", () => {
    const scaling = createLossScaling();
    expect(scaling.factor).toBe(65_536);
    for (let halved = 0; halved < 16; halved++) expect([scaling.overflowed(), scaling.passed()]).toEqual([true, false]);
    expect(scaling.factor).toBe(1);
    expect(scaling.overflowed()).toBe(false);
    expect(scaling.factor).toBe(1);
  });

  test("doubles after 2000 steps in a row without one, and not without end", () => {
    const scaling = createLossScaling();
    const take = (steps: number) => {
      for (let step = 0; step < steps; step++) scaling.passed();
    };
    take(1999);
    scaling.overflowed();
    // The first of them is that which overflowed.
    take(2000);
    expect(scaling.factor).toBe(32_768);
    take(1);
    expect(scaling.factor).toBe(65_536);
    take(2000 * 20);
    expect(scaling.factor).toBe(2 ** 24);
  });

  test("goes on from a checkpoint as if nothing had been", async () => {
    const [whole, resumed] = [createLossScaling(), createLossScaling()];
    whole.overflowed();
    for (let step = 0; step < 1501; step++) whole.passed();
    resumed.load(JSON.parse(JSON.stringify(await whole.save())));
    for (let step = 0; step < 500; step++) {
      expect(resumed.factor).toBe(whole.factor);
      whole.passed();
      resumed.passed();
    }
    expect([whole.factor, resumed.factor]).toEqual([65_536, 65_536]);
  });
});
