import { describe, expect, test } from "vitest";
import { planFor } from "../../../../../../plugins/engines/webgpu/kernels/products/plan.js";
import type { Shader } from "../../../../../../plugins/engines/webgpu/shader.js";
import { wgsl } from "../../../../../../plugins/engines/webgpu/shader.js";
import { samples } from "../../../../../support/gpu-products.js";

/** What the H100 and the like have. */
const units = { rows: 16, columns: 16, depth: 16, threads: 32 };

/** Every way of computing, in tiles that the 16 KiB of Dawn's empty backend hold. */
const written = {
  "matrix units, large parts": {
    tile: { rows: 128, columns: 128, depth: 16, each: [64, 64] },
    written: { way: "matrices", units, short: false },
  },
  "matrix units, small parts": {
    tile: { rows: 64, columns: 32, depth: 32, each: [32, 16] },
    written: { way: "matrices", units, short: false },
  },
  "threads with f16": {
    tile: { rows: 64, columns: 64, depth: 16, each: [8, 4] },
    written: { way: "f16", units: null, short: false },
  },
  threads: {
    tile: { rows: 128, columns: 128, depth: 16, each: [8, 8] },
    written: { way: "f32", units: null, short: false },
  },
} as const;

describe("Dawn accepts products", () => {
  const device = openEmpty();

  test.each(
    Object.entries(written).flatMap(([how, one]) =>
      Object.entries(samples).map(([name, { product }]) => [how, name, one, product] as const),
    ),
  )("by %s: %s", async (_, __, { tile, written }, product) => {
    for (const parts of [1, 2]) {
      for (const finish of [{}, { bias: true, activation: "relu6" } as const]) {
        const plan = planFor({ ...product, finish }, { tile, parts }, written);
        expect(await complaint(await device, plan.shader)).toBe(null);
        if (plan.cut) expect(await complaint(await device, plan.cut.shader)).toBe(null);
      }
    }
  });

  test("and complains of what is none", async () => {
    const { product } = samples["a product"] as (typeof samples)[string];
    const { shader } = planFor(product, { tile: written.threads.tile, parts: 1 }, written.threads.written);
    const broken: Shader = { ...shader, text: () => ({ ...shader.text(), main: `${shader.text().main} let` }) };
    expect(await complaint(await device, broken)).toMatch("error");
  });
});

/** Dawn's objects end with the one that made them. */
let gpu: GPU;

/** A device that runs nothing, and checks all: with matrix units, whatever this machine has. */
async function openEmpty(): Promise<GPUDevice> {
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  gpu = create(["backend=null", "enable-dawn-features=allow_unsafe_apis"]);
  const adapter = (await gpu.requestAdapter()) as GPUAdapter;
  const features = ["shader-f16", "subgroups", "chromium-experimental-subgroup-matrix"] as GPUFeatureName[];
  const { maxComputeWorkgroupStorageSize } = adapter.limits;
  return adapter.requestDevice({ requiredFeatures: features, requiredLimits: { maxComputeWorkgroupStorageSize } });
}

async function complaint(device: GPUDevice, shader: Shader): Promise<string | null> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code: wgsl(shader) });
  device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "main" } });
  const error = await device.popErrorScope();
  return error?.message ?? null;
}
