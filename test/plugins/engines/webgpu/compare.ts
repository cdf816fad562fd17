/** Holds kernels of the engine `webgpu` against values in double precision, and against the JavaScript backend. */
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { createRandom } from "../../../../core/index.js";
import { startCpu } from "../../../../plugins/engines/cpu.js";
import { onBoth } from "../../../support/gpu.js";

/** Values of a normal distribution, the same for the same shape and seed. */
export function normals(shape: readonly number[], seed = ""): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  return tf.tensor(createRandom(`${shape} ${seed}`).normals(size), [...shape]);
}

/** Normal values, and among them NaN, infinities and zeros. */
export function withHoles(shape: readonly number[], seed = ""): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  const values = createRandom(`${shape} ${seed}`).normals(size);
  const special = [Number.NaN, 0, Number.POSITIVE_INFINITY, -0, Number.NEGATIVE_INFINITY];
  for (const [index, value] of special.entries()) for (let at = 2 + index; at < size; at += 37) values[at] = value;
  return tf.tensor(values, [...shape]);
}

/**
 * Expects what the JavaScript backend computes: the same special values, and numbers no further off than `tolerance` times
 * 1 or their size; and the same bytes when it is computed again.
 */
export async function expectSame(compute: () => tf.Tensor | tf.Tensor[], tolerance = 1e-6): Promise<void> {
  // With what fgkd repairs there.
  await startCpu();
  const results = await onBoth(compute);
  for (const { gpu, cpu } of results) expectClose(gpu, cpu, tolerance);
  await tf.setBackend("webgpu");
  const again = [tf.tidy(compute)].flat();
  for (const [index, tensor] of again.entries())
    expect(Float32Array.from(await tensor.data())).toEqual(results[index]?.gpu);
  tf.dispose(again);
}

export function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>, tolerance = 1e-6): void {
  expect(found.length).toBe(wanted.length);
  let worst = { off: 0, at: -1 };
  for (let at = 0; at < wanted.length; at++) {
    const [is, should] = [found[at] as number, wanted[at] as number];
    if (Object.is(is, should) || is === should) continue;
    const off = Math.abs(is - should) / Math.max(1, Math.abs(should));
    if (!(off <= worst.off)) worst = { off, at };
    if (Number.isNaN(off)) break;
  }
  const { off, at } = worst;
  const told = `at ${at}: ${found[at]}, not ${wanted[at]}`;
  expect(off, told).toBeLessThanOrEqual(tolerance);
}
