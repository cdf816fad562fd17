import * as tf from "@tensorflow/tfjs";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addRelu } from "../../../../core/ops/index.js";
import type { GpuBackend } from "../../../../plugins/engines/webgpu/backend.js";
import { hasGpu, startGpu } from "../../../support/gpu.js";

const backend = () => tf.backend() as unknown as GpuBackend;

describe.skipIf(!hasGpu)("the backend webgpu", () => {
  beforeAll(startGpu);
  beforeEach(() => tf.setBackend("webgpu"));

  /** Some values through kernels of ours and of tfjs. */
  const step = async (value: number) => {
    const result = tf.tidy(() => {
      const x = tf.tensor2d(
        Float32Array.from({ length: 1200 }, (_, at) => at % 7),
        [40, 30],
      );
      const y = addRelu(x.mul(value), x.sub(3));
      return y.matMul(x, false, true).sum();
    });
    const [sum] = await result.data();
    result.dispose();
    return sum;
  };

  test("binds a repeated step's buffers once, holds the same memory after 200, and gives the same numbers", async () => {
    const first = await step(2);
    // Until the pool has let go of what others left in it.
    for (let at = 0; at < 70; at++) await step(2);
    const before = { stats: backend().stats(), tensors: tf.memory().numTensors };
    for (let at = 0; at < 200; at++) expect(await step(2)).toBe(first);
    const after = { stats: backend().stats(), tensors: tf.memory().numTensors };
    expect(after.tensors).toBe(before.tensors);
    expect(after.stats).toMatchObject({
      bindGroups: before.stats.bindGroups,
      pipelines: before.stats.pipelines,
      bytesInUse: before.stats.bytesInUse,
      bytesFree: before.stats.bytesFree,
      bytesPeak: before.stats.bytesPeak,
    });
    expect(after.stats.dispatches).toBeGreaterThan(before.stats.dispatches + 800);
    expect(tf.memory()).toMatchObject({ numBytesInGPU: after.stats.bytesInUse });
  });

  test("trains as JavaScript does, at a rate that changes, and binds nothing anew once weights have buffers of their own", async () => {
    const train = async (backendName: string) => {
      await tf.setBackend(backendName);
      const spread = (shape: [number, number], by: number) =>
        tf.tensor2d(
          Float32Array.from({ length: shape[0] * shape[1] }, (_, at) => Math.sin(at * by)),
          shape,
        );
      const [x, y] = [spread([40, 30], 1.3), spread([40, 10], 0.7)];
      const weights = [tf.variable(spread([30, 50], 2.1)), tf.variable(spread([50, 10], 1.7))] as const;
      const momenta = weights.map((one) => tf.variable(tf.zerosLike(one)));
      const [losses, bound] = [[] as number[], [] as number[]];
      for (let at = 1; at <= 24; at++) {
        const loss = tf.tidy(() => {
          const { value, grads } = tf.variableGrads(() =>
            tf.losses.meanSquaredError(y, x.matMul(weights[0]).relu().matMul(weights[1])),
          );
          for (const [index, one] of weights.entries()) {
            const momentum = momenta[index] as tf.Variable;
            momentum.assign(momentum.mul(0.9).add(grads[one.name] as tf.Tensor));
            one.assign(one.sub(momentum.mul(at % 2 === 0 ? 0.001 : 0.0008)));
          }
          return value;
        });
        losses.push((await loss.data())[0] as number);
        loss.dispose();
        bound.push(backendName === "webgpu" ? backend().stats().bindGroups : 0);
      }
      tf.dispose([x, y, ...weights, ...momenta]);
      return { losses, bound };
    };
    const expected = await train("cpu");
    const { losses, bound } = await train("webgpu");
    for (const [at, loss] of losses.entries()) expect(loss / (expected.losses[at] as number)).toBeCloseTo(1, 4);
    expect(losses[23]).toBeLessThan((losses[0] as number) * 0.6);
    expect(bound[23]).toBe(bound[16]);
  });

  test("never takes a number of the step before for one of this step", async () => {
    const expected = async (value: number) => {
      await tf.setBackend("cpu");
      const sum = await step(value);
      await tf.setBackend("webgpu");
      return sum;
    };
    for (const value of [2, 3, 2, 0.5]) expect(await step(value)).toBeCloseTo((await expected(value)) as number, -1);
  });
});
