import { describe, expect, test } from "vitest";
import {
  filterGradientProduct,
  forwardProduct,
  inputGradientProduct,
} from "../../../../../../plugins/engines/webgpu/kernels/convolution-products.js";
import { candidatesFor, rank, wayOf } from "../../../../../../plugins/engines/webgpu/kernels/products/choose.js";
import { planFor } from "../../../../../../plugins/engines/webgpu/kernels/products/plan.js";
import { type Power, powerOf } from "../../../../../../plugins/engines/webgpu/kernels/products/power.js";
import { tileKey } from "../../../../../../plugins/engines/webgpu/kernels/products/tile.js";
import { networks } from "../../../../../bench/gpu-shapes.js";
import { matrices } from "../../../../../support/gpu-products.js";

const units = { rows: 16, columns: 16, depth: 16, threads: 32 };
/** WebGPU's own limits, and those of a large GPU. */
const least: Power = { halves: true, matrices: units, memory: 16_384, threads: 256 };
const large: Power = { halves: true, matrices: units, memory: 49_152, threads: 1024 };

const products = Object.values(networks)
  .flat()
  .flatMap((layer) =>
    layer.kind === "convolution"
      ? [forwardProduct(layer.info), inputGradientProduct(layer.info), filterGradientProduct(layer.info)]
      : [],
  );

describe("the choice of a tile", () => {
  test.each(["f32", "f16", "matrices"] as const)("has some within WebGPU's own limits by %s", (way) => {
    expect(candidatesFor(way, least).length).toBeGreaterThan(3);
    expect(candidatesFor(way, large).length).toBeGreaterThanOrEqual(candidatesFor(way, least).length);
  });

  test("takes large tiles for large products, and the largest only where memory holds it", () => {
    const { product } = matrices([1, 4096, 4096, 4096]);
    const best = (way: "f32" | "matrices", power: Power) => rank(product, candidatesFor(way, power))[0];
    expect(best("f32", least)).toMatchObject({ tile: { rows: 128, columns: 128 }, parts: 1 });
    expect(best("matrices", large)).toMatchObject({ tile: { rows: 256, columns: 128 }, parts: 1 });
    expect(best("matrices", least)?.tile.rows).toBeLessThan(128);
  });

  test("cuts the depth where rows and columns are few", () => {
    const { product } = matrices([1, 64, 500_000, 64]);
    expect(rank(product, candidatesFor("f32", large))[0]?.parts).toBeGreaterThan(32);
  });

  test("keeps every grid of the networks within what WebGPU runs, and busies most of a large GPU", () => {
    for (const product of products) {
      const ranked = rank(product, candidatesFor("f32", large));
      for (const choice of ranked) {
        const { groups, cut } = planFor(product, choice, { way: "f32", units: null, short: false });
        for (const count of [...groups, ...(cut?.groups ?? [])]) expect(count).toBeLessThanOrEqual(65_535);
        const { rows, columns } = choice.tile;
        const tiles = Math.ceil(product.rows / rows) * Math.ceil(product.columns / columns);
        expect(groups[0] * groups[1]).toBeGreaterThanOrEqual(tiles);
      }
      const [first] = ranked;
      const { groups } = planFor(product, first as (typeof ranked)[number], { way: "f32", units: null, short: false });
      expect(groups[0] * groups[1] * groups[2], tileKey((first as (typeof ranked)[number]).tile)).toBeGreaterThan(64);
    }
  });
});

describe("the way that products are computed", () => {
  test.each([
    ["f32", large, "f32"],
    ["f16", large, "matrices"],
    ["f16", { ...large, matrices: null }, "f16"],
    ["f16", { ...large, matrices: null, halves: false }, "f32"],
  ] as const)("of %s", (precision, power, way) => {
    expect(wayOf(precision, power)).toBe(way);
  });

  test.each([
    ["units of f16 and f32, the largest", [config(8, "f32"), config(16, "f32"), config(32, "f16")], 32, 32, units],
    ["none where subgroups differ in size", [config(16, "f32")], 8, 32, null],
    ["none where the adapter names none", [], 32, 32, null],
  ])("sees %s", (_, subgroupMatrixConfigs, subgroupMinSize, subgroupMaxSize, matrices) => {
    const features = new Set(["shader-f16", "subgroups", "chromium-experimental-subgroup-matrix"]);
    const limits = { maxComputeWorkgroupStorageSize: 49_152, maxComputeInvocationsPerWorkgroup: 1024 };
    const device = { features, limits } as unknown as GPUDevice;
    const info = { subgroupMatrixConfigs, subgroupMinSize, subgroupMaxSize } as unknown as GPUAdapterInfo;
    expect(powerOf(device, info)).toEqual({ ...large, matrices });
  });
});

function config(side: number, resultComponentType: string) {
  return { componentType: "f16", resultComponentType, M: side, N: side, K: side };
}
