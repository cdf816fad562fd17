import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { need } from "../../../core/index.js";
import { plugin, walk } from "../../support/trouble.js";

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend("cpu");
});

describe("a value that is not finite", () => {
  /** A term that is 0, and whose gradient is NaN from the third step on: the square root's at 0. */
  const crooked = plugin("crooked", ({ hooks }) => {
    let steps = 0;
    hooks.loss.tap("crooked", (terms, outputs) => {
      steps += 1;
      const logits = need(outputs, "logits", "crooked");
      const term = () => (steps < 3 ? logits.square() : logits.mul(0).sqrt()).mul(0).sum().asScalar();
      return { ...terms, crooked: tf.tidy(term) };
    });
  });

  test("in a loss term stops the run before the update, and names term, stage, epoch and step", async () => {
    let steps = 0;
    const divide = plugin("divide", ({ hooks }) =>
      hooks.loss.tap("divide", (terms) => ({ ...terms, quotient: tf.scalar(++steps < 5 ? 0 : Number.NaN) })),
    );
    const { error, weights } = await walk(divide);
    expect(error?.message).toMatch(
      /^FGKD_NOT_FINITE loss term "quotient" became NaN in stage "student", epoch 2, step 2\./,
    );
    expect(error?.message).toContain("Lower the learning rate, add warm-up epochs, or clip gradients");
    expect(weights.at(-1)).toEqual(weights.at(-2));
  });

  test("in a gradient stops the run before the update, and names the parameter", async () => {
    const { error, weights, steps } = await walk(crooked);
    expect(error?.message).toMatch(
      /^FGKD_NOT_FINITE the gradient of "fc\.weight" became NaN in stage "student", epoch 1, step 3\./,
    );
    expect(steps).toBe(2);
    expect(weights.at(-1)).toEqual(weights.at(-2));
    expect(weights.at(-1)?.every(Number.isFinite)).toBe(true);
  });

  test("in a gradient goes unseen when the watchdog is told to sleep, and spoils the weights", async () => {
    const { error, weights } = await walk(crooked, { watchdogs: { gradients: false } });
    expect(error?.message).toContain('loss term "supervised" became NaN in stage "student", epoch 2, step 1');
    expect(weights.at(-1)?.some(Number.isNaN)).toBe(true);
  });

  test("is no gradient whose sum alone overflows", async () => {
    const steep = plugin("steep", ({ hooks }) =>
      hooks.loss.tap("steep", (terms, outputs) => {
        // Each of the two biases has a gradient of 4 · 5e37; their sum is beyond what 32 bits hold.
        const term = () => need(outputs, "logits", "steep").mul(5e37).sum().asScalar();
        return { ...terms, steep: tf.tidy(term) };
      }),
    );
    expect((await walk(steep, { optimizer: { learningRate: 1e-42 } })).error).toBeUndefined();
  });
});

describe("a step that leaves tensors behind", () => {
  const kept: tf.Tensor[] = [];
  afterEach(() => tf.dispose(kept.splice(0)));
  const keep = (tensor: tf.Tensor) => void kept.push(tf.keep(tensor));

  test("is warned of once, then ends the run, naming hook and plugin", async () => {
    const leaky = plugin("leaky", ({ hooks }) =>
      hooks.batch.tap("leaky", (batch) => {
        keep(tf.scalar(1));
        keep(tf.scalar(2));
        return batch;
      }),
    );
    const { error, warnings, steps } = await walk(leaky);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('tensors: 2 more than before in stage "student", epoch 1, step 1.');
    expect(error?.message).toMatch(
      /^FGKD_TENSOR_LEAK 2 tensors were left behind in stage "student", epoch 1, step 2: 2 in hooks\.batch of \[leaky\]\. /,
    );
    expect(steps).toBe(1);
  });

  test.each(["forward", "loss"] as const)("is named by plugin inside the tape too: hooks.%s", async (hook) => {
    const leaky = plugin("leaky", ({ hooks }) => {
      // Both hooks hand on their first argument.
      (hooks[hook] as typeof hooks.forward).tap("leaky", (value) => {
        tf.tidy(() => keep(tf.scalar(1).add(1)));
        return value;
      });
    });
    const { error } = await walk(leaky);
    expect(error?.message).toContain(`: 1 in hooks.${hook} of [leaky].`);
  });

  test("is told from one that only happens once", async () => {
    let first = true;
    const lazy = plugin("lazy", ({ hooks }) =>
      hooks.batch.tap("lazy", (batch) => {
        if (first) keep(tf.scalar(1));
        first = false;
        return batch;
      }),
    );
    const { error, warnings, steps } = await walk(lazy);
    expect([error, warnings.length, steps]).toEqual([undefined, 1, 9]);
  });

  test("is told from a tap that frees what is not its own", async () => {
    const own = Array.from({ length: 9 }, (_, index) => tf.keep(tf.scalar(index)));
    const greedy = plugin("greedy", ({ hooks }) =>
      hooks.batch.tapPromise("greedy", async (batch) => {
        await Promise.resolve();
        own.pop()?.dispose();
        return batch;
      }),
    );
    const { error } = await walk(greedy);
    tf.dispose(own);
    expect(error?.message).toContain(
      '1 tensors too many were freed in stage "student", epoch 1, step 2: 1 in hooks.batch of [greedy].',
    );
  });

  test("is let pass when the watchdog is told to sleep", async () => {
    const leaky = plugin("leaky", ({ hooks }) =>
      hooks.batch.tap("leaky", (batch) => {
        keep(tf.scalar(1));
        return batch;
      }),
    );
    const { error, warnings, steps } = await walk(leaky, { watchdogs: { tensors: false } });
    expect([error, warnings.length, steps]).toEqual([undefined, 0, 9]);
  });

  test("leaves TensorFlow.js as it was, however the run ends", async () => {
    const engine = tf.engine() as unknown as { trackTensor: unknown; disposeTensor: unknown };
    const before = [engine.trackTensor, engine.disposeTensor];
    const leaky = plugin("leaky", ({ hooks }) =>
      hooks.batch.tap("leaky", (batch) => {
        keep(tf.scalar(1));
        if (kept.length > 1) throw new Error("in the middle of a traced step");
        return batch;
      }),
    );
    expect((await walk(leaky)).error?.message).toContain("in the middle of a traced step");
    expect([engine.trackTensor, engine.disposeTensor]).toEqual(before);
  });
});
