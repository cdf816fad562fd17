import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import type { GpuBackend } from "../../../../../../plugins/engines/webgpu/backend.js";
import type { Finish } from "../../../../../../plugins/engines/webgpu/kernels/products/finish.js";
import { planFor } from "../../../../../../plugins/engines/webgpu/kernels/products/plan.js";
import { runPlan } from "../../../../../../plugins/engines/webgpu/kernels/products/run.js";
import { hasGpu, startGpu } from "../../../../../support/gpu.js";
import { type SampleProduct, samples } from "../../../../../support/gpu-products.js";
import { random } from "../../../../../support/gpu-sums.js";
import { withoutMatrixUnits } from "../../../../../support/matrix-units.js";

/** Small, so that a software adapter gets through them. */
const units = { rows: 4, columns: 4, depth: 4, threads: 4 };
const tile = { rows: 16, columns: 16, depth: 8, each: [8, 8] } as const;

describe.skipIf(!hasGpu)("products by matrix units, their operations written out", () => {
  beforeAll(startGpu);

  test.each(Object.entries(samples))("%s is what threads compute", (_, sample) => agree(sample, 1));

  test("its depth may be cut", () => agree(samples["an input's gradient"] as SampleProduct, 3));

  test("a bias and a ReLU follow", () =>
    agree(samples["of whole tiles"] as SampleProduct, 1, { bias: true, activation: "relu" }));
});

async function agree({ product, sizes }: SampleProduct, parts: number, finish: Finish = {}): Promise<void> {
  const backend = tf.backend() as GpuBackend;
  const finished = { ...product, finish };
  const [a, b, bias] = [sizes[0], sizes[1], product.columns].map((size, at) =>
    tf.tensor1d(random(at + 1, [size]).values),
  ) as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  const byUnits = planFor(finished, { tile, parts }, { way: "matrices", units, short: true });
  const written = { ...byUnits, shader: withoutMatrixUnits(byUnits.shader, units) };
  const byThreads = planFor(
    finished,
    { tile: { ...tile, each: [4, 4] }, parts: 1 },
    { way: "f32", units: null, short: true },
  );
  const values = [written, byThreads].map((plan) => {
    const y = backend.allocate([sizes[2]]);
    runPlan(backend, plan, { a, b, ...(finish.bias && { bias }), y });
    return tf.engine().makeTensorFromTensorInfo(y).data();
  });
  const [got, expected] = (await Promise.all(values)) as [Float32Array, Float32Array];
  const farthest = expected.reduce((most, value, at) => Math.max(most, Math.abs(value - (got[at] as number))), 0);
  expect(farthest).toBeLessThan(1e-4);
  expect(expected.some((value) => Math.abs(value) > 0.1)).toBe(true);
}
