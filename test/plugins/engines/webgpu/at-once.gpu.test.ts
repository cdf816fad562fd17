import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createOptimizer, startEngine, type UpdateRule, Parameters as Weights } from "../../../../core/index.js";
import { webgpuEngine } from "../../../../plugins/engines/webgpu.js";
import { adamRule } from "../../../../plugins/optimizers/adam.js";
import { sgdRule } from "../../../../plugins/optimizers/sgd.js";
import { hasGpu, useGpu } from "../../../support/gpu.js";
import { normals } from "./compare.js";

const shapes = [[5], [3, 4], [700], [2, 2], [40, 8], [1], [9], [300], [6]];
const rules: [string, () => UpdateRule][] = [
  ["SGD", () => sgdRule({ momentum: 0.9, nesterov: true })],
  ["AdamW", () => adamRule({ beta1: 0.9, beta2: 0.99, epsilon: 1e-8 }, true)],
];

interface Steps {
  readonly steps: number;
  /** Of this step the last weight is frozen. */
  readonly without?: number;
  /** This step is taken back, and taken again. */
  readonly undone?: number;
}

/** Weights after some steps, each by another learning rate, and how often a kernel was asked for to move them. */
async function moved(rule: UpdateRule, { steps, without, undone }: Steps) {
  const parameters = new Weights();
  const names = shapes.map((shape, at) => {
    parameters.weight(`w${at}`, shape, "plain", ([size = 1, other = 1]) => new Float32Array(size * other).fill(at + 1));
    return `w${at}`;
  });
  const optimizer = createOptimizer(rule, { weightDecay: 0.01 }, parameters, (name) =>
    name === "w1" ? { factor: 10, weightDecay: 0 } : {},
  );
  const asked: number[] = [];
  const engine = tf.engine();
  const run = engine.runKernel.bind(engine);
  engine.runKernel = <Made extends tf.Tensor | tf.Tensor[]>(...call: Parameters<typeof run>): Made => {
    if (call[0].endsWith("OfAll")) asked.push(1);
    return run<Made>(...call);
  };
  const take = (step: number) =>
    tf.tidy(() => {
      const entries = names.map((name, at) => [name, normals(shapes[at] as number[], `${step}`)] as const);
      const gradients = Object.fromEntries(step === without ? entries.slice(0, -1) : entries);
      optimizer.apply(gradients, 0.1 / (step + 1));
    });
  const kernels: number[] = [];
  try {
    for (let step = 0; step < steps; step++) {
      asked.length = 0;
      if (step === undone) {
        const held = optimizer.hold();
        take(100);
        held.undo();
      }
      take(step);
      kernels.push(asked.length);
    }
  } finally {
    Reflect.deleteProperty(engine, "runKernel");
  }
  const weights = Object.fromEntries(await parameters.export());
  const { count, slots } = await optimizer.save();
  optimizer.dispose();
  parameters.dispose();
  return { values: { weights, count, slots: Object.fromEntries(slots) }, kernels };
}

describe.skipIf(!hasGpu)("weights that are moved at once", () => {
  beforeAll(useGpu);

  test.each(rules)("by %s move by the rates of each step, without the rule once it is known", async (_, rule) => {
    const { recorder: __, ...plainEngine } = webgpuEngine({});
    await startEngine(plainEngine);
    const steps = { steps: 9, without: 7, undone: 6 };
    const plain = await moved(rule(), steps);
    await startEngine(webgpuEngine({}));
    const { numTensors } = tf.memory();
    const repeated = await moved(rule(), steps);
    expect(repeated.values).toEqual(plain.values);
    expect(plain.kernels).toEqual([1, 1, 1, 1, 1, 1, 2, 1, 1]);
    // Where one weight less moves, that is another update.
    expect(repeated.kernels.slice(5)).toEqual([0, 0, 1, 0]);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
