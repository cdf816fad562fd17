/** Published sizes: names, shapes and numbers of weights, up to 390 million of them. */
import { beforeAll, describe, expect, test } from "vitest";
import { startEngine } from "../../support/engines.js";
import { blank, create } from "./building.js";
import { expectPublished } from "./published.js";

// The cpu engine keeps the arrays it is given.
beforeAll(() => startEngine("cpu"));

describe("names, shapes and number of weights", () => {
  test.each(["mobilenet_v2", "resnetv2_50x1_bit", "resnetv2_101x1_bit", "efficientnet_b0", "efficientnet_b4"] as const)(
    "of %s are those of torchvision or timm",
    (name) => {
      expectPublished(name);
    },
  );

  test.each([
    ["mobilenet_v2", 1000, 3_504_872],
    ["mobilenet_v2", 100, 2_351_972],
    ["resnetv2_50x1_bit", 1000, 25_549_352],
    ["resnetv2_50x1_bit", 320, 24_156_032],
    ["resnetv2_101x1_bit", 1000, 44_541_480],
    ["resnetv2_101x1_bit", 320, 43_148_160],
    ["resnetv2_50x3_bit", 1000, 217_319_080],
    ["resnetv2_101x3_bit", 1000, 387_934_888],
    ["resnetv2_152x2_bit", 1000, 236_335_208],
    ["efficientnet_b0", 1000, 5_288_548],
    ["efficientnet_b1", 1000, 7_794_184],
    ["efficientnet_b2", 1000, 9_109_994],
    ["efficientnet_b3", 1000, 12_233_232],
    ["efficientnet_b4", 1000, 19_341_616],
    ["wrn_40_2", 100, 2_255_156],
    ["wrn_40_1", 100, 569_780],
    ["wrn_16_1", 10, 175_066],
  ] as const)("of %s for %i classes come to the published number", (name, classes, size) => {
    expect(create(name, {}, classes, blank).parameters.size).toBe(size);
  });
});
