import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import type { GpuBackend } from "../../../../../../plugins/engines/webgpu/backend.js";
import { candidatesFor } from "../../../../../../plugins/engines/webgpu/kernels/products/choose.js";
import { planFor } from "../../../../../../plugins/engines/webgpu/kernels/products/plan.js";
import { runPlan } from "../../../../../../plugins/engines/webgpu/kernels/products/run.js";
import { tileKey } from "../../../../../../plugins/engines/webgpu/kernels/products/tile.js";
import { hasGpu, startGpu } from "../../../../../support/gpu.js";
import { matrices } from "../../../../../support/gpu-products.js";
import { random } from "../../../../../support/gpu-sums.js";

/** WebGPU's own limits. */
const power = { halves: false, matrices: null, memory: 16_384, threads: 256 };
const [m, k, n] = [150, 21, 133];

describe.skipIf(!hasGpu)("every tile", () => {
  beforeAll(startGpu);

  test.each(candidatesFor("f32", power).map(({ tile }) => [tileKey(tile), tile] as const))(
    "computes a product that it does not divide: %s",
    async (_, tile) => {
      const { product } = matrices([1, m, k, n]);
      const [a, b] = [random(1, [m, k]).values, random(2, [k, n]).values];
      const backend = tf.backend() as GpuBackend;
      const y = backend.allocate([m, n]);
      const plan = planFor(product, { tile, parts: 2 }, { way: "f32", units: null, short: tile.rows > 32 });
      runPlan(backend, plan, { a: tf.tensor2d(a, [m, k]), b: tf.tensor2d(b, [k, n]), y });
      const got = Float32Array.from(await tf.engine().makeTensorFromTensorInfo(y).data());
      const farthest = got.reduce((most, value, at) => {
        const [row, column] = [Math.floor(at / n), at % n];
        let sum = 0;
        for (let i = 0; i < k; i++) sum += (a[row * k + i] as number) * (b[i * n + column] as number);
        return Math.max(most, Math.abs(sum - value));
      }, 0);
      expect(farthest).toBeLessThan(1e-5);
    },
  );
});
