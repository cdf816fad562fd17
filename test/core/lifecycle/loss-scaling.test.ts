/** Trainings on an engine of small range, which is simulated: gradients pass numbers of 16 bits on their way to the weights. */
import * as tf from "@tensorflow/tfjs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createRun, definePlugin, definePreset, type Engine, replace, startEngine } from "../../../core/index.js";
import { startCpu } from "../../../plugins/engines/cpu.js";
import { crossEntropy, optimizers, resnet } from "../../../plugins/index.js";
import { noisePictures } from "../../presets/pictures.js";

const name = "narrow";

/** The JavaScript backend under another name. */
const engine = (narrowRange: boolean): Engine => ({
  name,
  capabilities: { narrowRange },
  check: async () => ({ available: true, detail: "" }),
  async start() {
    if (tf.findBackend(name) !== null) tf.removeBackend(name);
    const Backend = cpu.constructor as new () => ReturnType<typeof tf.backend>;
    tf.registerBackend(name, () => new Backend());
    await tf.setBackend(name);
  },
});
let cpu: ReturnType<typeof tf.backend>;

/** What f16 makes of a gradient: below half of its smallest number nothing, above its largest infinity. */
function narrowed(dy: tf.Tensor): tf.Tensor {
  const kept = tf.where(dy.abs().less(2 ** -25), tf.zerosLike(dy), dy);
  return tf.where(dy.abs().greater(65_504), dy.mul(Number.POSITIVE_INFINITY), kept);
}

const halfGradients = definePlugin({
  name: "half-gradients",
  defaults: {},
  apply({ hooks }) {
    const pass = tf.customGrad((x) => ({ value: (x as tf.Tensor).clone(), gradFunc: (dy: tf.Tensor) => narrowed(dy) }));
    hooks.forward.tap("half-gradients", (outputs) =>
      replace(outputs, { logits: pass(outputs.logits as tf.Tensor) as tf.Tensor2D }),
    );
  },
});

interface Given {
  readonly weight: number;
  readonly learningRate: number;
  readonly half: boolean;
  /** Of two steps. Default 3. */
  readonly epochs?: number;
}

/** The updates that were made, and what they moved each weight by. */
async function trained({ weight, learningRate, half, epochs = 3 }: Given) {
  let updates = 0;
  const counting = definePlugin({
    name: "counting",
    defaults: {},
    apply({ hooks }) {
      hooks.update.tap("counting", () => void updates++);
    },
  });
  const preset = definePreset({
    name: "narrow",
    summary: "a small network",
    plugins: [resnet(), noisePictures(), crossEntropy({ weight }), optimizers(), counting(), half && halfGradients()],
    stages: { student: { trains: "student" } },
    defaults: {
      epochs,
      batchSize: 4,
      evaluation: { every: 0 },
      data: { name: "noise-pictures" },
      models: { student: { backbone: { name: "resnet", block: "basic", depths: [1], widths: [4] } } },
      optimizer: { name: "sgd", learningRate },
    },
  });
  const run = await createRun({ preset });
  const before = await weightsOf();
  for await (const _ of run.steps()) {
  }
  const after = await weightsOf();
  await run.close();
  return { updates, moved: after.map((value, at) => value - (before[at] as number)) };

  async function weightsOf(): Promise<number[]> {
    const all = await run.models.get("student").parameters.export();
    return [...all].flatMap(([key, { data }]) => (/running|num_batches/.test(key) ? [] : [...data].map(Number)));
  }
}

const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));

describe("a training on an engine of small range", () => {
  beforeAll(async () => {
    await startCpu();
    cpu = tf.backend();
    tf.copyRegisteredKernels("cpu", name);
  });
  afterEach(() => startCpu());
  afterAll(() => {
    tf.removeBackend(name);
    for (const { kernelName } of tf.getKernelsForBackend(name)) tf.unregisterKernel(kernelName, name);
  });

  const small = { weight: 1e-8, learningRate: 1e6 };

  test("moves weights by gradients that the range has no numbers for", async () => {
    await startEngine(engine(false));
    const exact = await trained({ ...small, half: false });
    const lost = await trained({ ...small, half: true });
    expect(largest(exact.moved)).toBeGreaterThan(1e-3);
    expect(largest(lost.moved)).toBe(0);
    await startEngine(engine(true));
    const scaled = await trained({ ...small, half: true });
    expect(scaled.updates).toBe(exact.updates);
    const apart = scaled.moved.map((value, at) => value - (exact.moved[at] as number));
    expect(largest(apart)).toBeLessThan(1e-6 * largest(exact.moved));
  }, 600_000);

  test("makes no update by a gradient that overflowed, and goes on with a smaller factor", async () => {
    await startEngine(engine(true));
    const { updates, moved } = await trained({ weight: 16, learningRate: 1e-4, half: true });
    // The gradient is 16 / 4 of what softmax is off by, between 1 / 3 and 1: times 65,536 it overflows, times 8192 it does not.
    expect(updates).toBeLessThan(6);
    expect(updates).toBeGreaterThanOrEqual(3);
    expect(moved.every(Number.isFinite)).toBe(true);
    expect(largest(moved)).toBeGreaterThan(0);
  }, 600_000);

  test("still ends by a gradient that no factor makes finite", async () => {
    await startEngine(engine(true));
    // Sixteen factors are tried.
    const large = trained({ weight: 1e20, learningRate: 1e-30, half: true, epochs: 9 });
    await expect(large).rejects.toThrow("FGKD_NOT_FINITE");
  }, 600_000);
});
