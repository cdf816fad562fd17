import { describe, expect, test } from "vitest";
import { estimate, gainOver, timesEnough } from "../../../core/reproduction/estimate.js";
import { judgeAccuracy, judgeGain } from "../../../core/reproduction/verdict.js";

describe("what seeds and images leave open", () => {
  test("is Student's interval of the mean, put together with the binomial one of the images", () => {
    const found = estimate([70, 72, 74], 1000);
    expect(found.mean).toBe(72);
    expect(found.spread).toBe(4);
    // s = 2, t(2) = 4.303: 4.303 · 2 / √3; half of Wilson's interval of 720 in 1000.
    expect(found.bySeeds).toBeCloseTo(4.9687, 3);
    expect(found.byImages).toBeCloseTo(2.7788, 3);
    expect(found.reach).toBeCloseTo(Math.hypot(4.9687, 2.7788), 3);
  });

  test("of one seed is what the images leave open, and nothing is said of seeds", () => {
    const found = estimate([50], 100);
    expect(found.bySeeds).toBeNaN();
    expect(found.reach).toBeCloseTo(9.617, 2);
  });

  test("of more seeds than the table of Student's t has is that of the last it has, which is too wide", () => {
    const accuracies = Array.from({ length: 40 }, (_, at) => 70 + (at % 2));
    expect(estimate(accuracies, 1e9).bySeeds).toBeCloseTo((2.086 * Math.sqrt(10 / 39)) / Math.sqrt(40), 3);
  });

  test("of a model that gets every image right, or none, is not nothing: there are other images", () => {
    for (const accuracy of [0, 100]) expect(estimate([accuracy], 50).byImages).toBeGreaterThan(3);
  });

  test("of a gain is that of both accuracies", () => {
    const { gain, reach } = gainOver(estimate([60], 100), estimate([50], 100));
    expect(gain).toBe(10);
    expect(reach).toBeCloseTo(Math.hypot(9.43, 9.617), 2);
  });

  test("shrinks with the root of how many images there are", () => {
    const one = estimate([50], 100);
    expect(timesEnough([one], one.reach / 2)).toBe(4);
    expect(timesEnough([one], one.reach)).toBe(1);
    expect(timesEnough([one], 0)).toBe(Number.POSITIVE_INFINITY);
  });

  test("shrinks faster with seeds while they are few, and as far as that many really come to", () => {
    const [few, first] = [estimate([48.8, 54.2], 320), estimate([44.5, 44.6], 320)];
    const times = timesEnough([few, first], 6.9);
    expect(times).toBe(3);
    // The same, asked of as many: six seeds that differ as the two did.
    const deviation = 5.4 / Math.SQRT2;
    const six = [-1, 1, -1, 1, -1, 1].map((sign) => 51.5 + sign * deviation * Math.sqrt(5 / 6));
    expect(gainOver(estimate(six, 960), estimate([44.5, 44.6, 44.5, 44.6, 44.5, 44.6], 960)).reach).toBeLessThan(6.9);
  });
});

describe("on the published data a figure", () => {
  const baseline = { ours: estimate([59, 60, 61], 5794), published: 59.44 };
  const held = (accuracies: readonly number[], images = 5794, published = 73.31) =>
    judgeAccuracy({ ours: estimate(accuracies, images), published, baseline });

  test("is reproduced where the interval reaches it", () => {
    expect(held([72.9, 73.4, 73.2])).toEqual({ outcome: "reproduced", words: expect.stringContaining("within") });
  });

  test("is reproduced where fgkd does better", () => {
    expect(held([78, 78.2, 78.1]).words).toMatch(/^reproduced: 4\.8 points above/);
  });

  test("is not reproduced where the interval ends below", () => {
    const { outcome, words } = held([66, 66.4, 66.2]);
    expect(outcome).toBe("not reproduced");
    expect(words).toMatch(/7\.1 points below, where chance explains 1\.\d/);
  });

  test("is left open where the interval would take the baseline's for it as well", () => {
    const { outcome, words } = held([55, 73, 90], 50);
    expect(outcome).toBe("too few");
    expect(words).toMatch(
      /± 45\.1 points are open with 50 images and 3 seeds, and what was published lies 13\.9 from the baseline; \d+ images and \d+ seeds would do/,
    );
  });
});

describe("on other data a gain", () => {
  const held = (ours: readonly number[], first: readonly number[], images = 5000, published = 73.31) =>
    judgeGain({
      ours: estimate(ours, images),
      published,
      baseline: { ours: estimate(first, images), published: 59.44 },
    });

  test("is reproduced where it points the same way, beyond chance", () => {
    expect(held([60, 60.5, 61], [50, 50.5, 51]).words).toMatch(
      /^reproduced: \+10\.0 ± \d\.\d points over the baseline here, published \+13\.9$/,
    );
  });

  test("of one seed says so: nobody knows yet how far others lie from it", () => {
    expect(held([60], [50]).words).toMatch(/^reproduced: .*, published \+13\.9; of one seed$/);
  });

  test("is not reproduced where it points the other way", () => {
    expect(held([50, 50.5, 51], [60, 60.5, 61]).outcome).toBe("not reproduced");
  });

  test("that was published as a loss is reproduced by a loss", () => {
    expect(held([50, 50.5, 51], [60, 60.5, 61], 5000, 55).outcome).toBe("reproduced");
  });

  test("within chance is left open, with how many images and seeds would do", () => {
    const { outcome, words } = held([52], [50], 300);
    expect(outcome).toBe("too few");
    // 7.9 points of chance for 2 points of gain: 16 times as many.
    expect(words).toMatch(
      /± 7\.9 points are open with 300 images and 1 seed, and the gain here is \+2\.0; 4,800 images would do/,
    );
  });

  test("of nothing at all no number of images would tell from none", () => {
    expect(held([50], [50]).words).toContain("+0.0; no number of them settles a difference of nothing");
  });
});
