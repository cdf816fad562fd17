import { describe, expect, test } from "vitest";
import { boxArea, mixingBox } from "../../../plugins/augmenters/mixing-box.js";
import { box, goldenSnapmix } from "./golden.js";

describe("mixing box", () => {
  test.each(goldenSnapmix)("equals both boxes of golden case %#", (golden) => {
    expect(mixingBox([16, 16], golden.lambdaA, golden.centreA)).toEqual(box(golden.boxA));
    expect(mixingBox([16, 16], golden.lambdaB, golden.centreB)).toEqual(box(golden.boxB));
  });

  test("is cut off at the border", () => {
    expect(mixingBox([448, 448], 0.5, [10, 300])).toEqual(box([0, 142, 168, 448]));
    expect(mixingBox([448, 448], 0.25, [224, 224])).toEqual(box([31, 31, 417, 417]));
  });

  test("is empty when lambda is near 1", () => {
    expect(boxArea(mixingBox([8, 8], 0.99, [5, 5]))).toBe(0);
    expect(boxArea(mixingBox([448, 448], 1, [0, 0]))).toBe(0);
  });

  test("covers a whole image when lambda is 0 and the centre is in the middle", () => {
    expect(mixingBox([6, 10], 0, [3, 5])).toEqual(box([0, 0, 6, 10]));
  });

  test("measures rows by the height and columns by the width", () => {
    expect(mixingBox([100, 10], 0.75, [50, 5])).toEqual(box([25, 3, 75, 7]));
  });
});
