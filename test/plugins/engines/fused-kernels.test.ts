/**
 * Each fused kernel of each engine against what runs where it is lacking, which the operations' tests hold against
 * definitions. An engine may bring any of them: a forward kernel without its gradient, or a gradient alone.
 */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import * as ops from "../../../core/ops/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import { uses } from "./fused-uses.js";

/** Runs the body on an engine that lacks the kernel; returns also how often it was asked for while it had it. */
function withAndWithout(name: string, body: () => readonly tf.Tensor[]) {
  const backend = tf.getBackend();
  const kernel = tf.getKernel(name, backend);
  let calls = 0;
  const counting: tf.KernelConfig = {
    ...kernel,
    kernelFunc: (call) => {
      calls++;
      return kernel.kernelFunc(call);
    },
  };
  tf.unregisterKernel(name, backend);
  try {
    const composed = body().map((tensor) => tensor.dataSync());
    tf.registerKernel(counting);
    const fused = body().map((tensor) => tensor.dataSync());
    tf.unregisterKernel(name, backend);
    return { composed, fused, calls };
  } finally {
    tf.registerKernel(kernel);
  }
}

describe.each(engineNames)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("every kernel that is fgkd's own stands in the table", async () => {
    await startEngine(engine);
    const own = tf.getKernelsForBackend(engine).map(({ kernelName }) => kernelName);
    for (const name of own.filter((name) => name.startsWith("Fgkd")))
      expect(Object.keys(ops.fusedKernels)).toContain(name);
  });

  test.each(Object.keys(uses) as ops.FusedKernel[])(
    "%s, where it is there, computes what runs without it",
    async (name) => {
      await startEngine(engine);
      if (tf.getKernel(name, engine) == null) {
        // Then its composition is all there is, and runs.
        tf.tidy(() => void uses[name]());
        return;
      }
      const { composed, fused, calls } = tf.tidy(() => withAndWithout(name, uses[name]) as never) as ReturnType<
        typeof withAndWithout
      >;
      expect(calls).toBeGreaterThan(0);
      expect(fused.length).toBe(composed.length);
      for (const [index, values] of fused.entries()) {
        const wanted = composed[index] as typeof values;
        expect(values.length).toBe(wanted.length);
        for (const [at, value] of values.entries()) expect(value).toBeCloseTo(wanted[at] as number, 4);
      }
    },
  );
});
