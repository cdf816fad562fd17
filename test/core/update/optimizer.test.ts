import * as tf from "@tensorflow/tfjs";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createOptimizer, Parameters, type UpdateRule } from "../../../core/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const settings = { weightDecay: 0.5 };

/** Adds up gradients, learning rates, decays and counts where a test can see them. */
const recorder = () => {
  const seen: Record<string, { learningRate: number; weightDecay: number; count: number; gradient: number[] }> = {};
  const rule: UpdateRule = {
    slots: ["sum"],
    update(variable, gradient, { sum }, update) {
      sum?.assign(sum.add(gradient));
      variable.assign(variable.sub(gradient));
      seen[variable.shape.length] = { ...update, gradient: Array.from(gradient.dataSync()) };
    },
  };
  return { seen, rule };
};

const values = (variable: tf.Variable | undefined) => Array.from(variable?.dataSync() ?? []);

describe("an optimizer", () => {
  let parameters: Parameters;
  let gradients: Record<string, tf.Tensor>;

  beforeAll(() => startEngine("cpu"));
  beforeEach(() => {
    parameters = new Parameters();
    parameters.weight("fc.weight", [1, 2], "linear", () => Float32Array.of(1, 2));
    parameters.weight("fc.bias", [1], "plain", () => Float32Array.of(3));
    parameters.buffer("running_mean", [1], () => Float32Array.of(9));
    gradients = { "fc.weight": tf.tensor2d([[3, 0]]), "fc.bias": tf.tensor1d([4]) };
  });

  test("gives each variable the gradient of its name, and the count of the update", () => {
    const { seen, rule } = recorder();
    const optimizer = createOptimizer(rule, settings, parameters);
    optimizer.apply(gradients, 0.1);
    optimizer.apply(gradients, 0.05);
    expect(seen[2]).toEqual({ learningRate: 0.05, weightDecay: 0.5, count: 2, gradient: [3, 0] });
    expect(seen[1]).toEqual({ learningRate: 0.05, weightDecay: 0.5, count: 2, gradient: [4] });
    expect(values(parameters.trained.get("fc.bias"))).toEqual([3 - 8]);
  });
  test("leaves a variable without a gradient alone", () => {
    const { seen, rule } = recorder();
    createOptimizer(rule, settings, parameters).apply({ "fc.bias": gradients["fc.bias"] as tf.Tensor }, 0.1);
    expect(Object.keys(seen)).toEqual(["1"]);
    expect(values(parameters.trained.get("fc.weight"))).toEqual([1, 2]);
  });
  test("treats a weight as its groups say: another decay, another rate", () => {
    const { seen, rule } = recorder();
    const treatments = (name: string) => (name === "fc.bias" ? { weightDecay: 0, factor: 10 } : {});
    createOptimizer(rule, settings, parameters, treatments).apply(gradients, 0.1);
    expect([seen[2]?.weightDecay, seen[1]?.weightDecay]).toEqual([0.5, 0]);
    expect([seen[2]?.learningRate, seen[1]?.learningRate]).toEqual([0.1, 1]);
  });
  test("takes back an update: weights, its own values and the count", async () => {
    const { rule } = recorder();
    const optimizer = createOptimizer(rule, settings, parameters);
    optimizer.apply(gradients, 0.1);
    const [wanted, weights] = [await optimizer.save(), await parameters.export()];
    const alive = tf.memory().numTensors;
    const held = optimizer.hold();
    optimizer.apply(gradients, 0.1);
    expect(await optimizer.save()).not.toEqual(wanted);
    held.undo();
    expect(await optimizer.save()).toEqual(wanted);
    expect(await parameters.export()).toEqual(weights);
    expect(tf.memory().numTensors).toBe(alive);
  });
  test("lets go of what it held, and keeps the update", () => {
    const { rule } = recorder();
    const optimizer = createOptimizer(rule, settings, parameters);
    const [alive, bytes] = [tf.memory().numTensors, tf.memory().numBytes];
    const held = optimizer.hold();
    optimizer.apply(gradients, 0.1);
    held.letGo();
    expect([tf.memory().numTensors, tf.memory().numBytes]).toEqual([alive, bytes]);
    expect([optimizer.count, values(parameters.trained.get("fc.bias"))]).toEqual([1, [-1]]);
  });
  test("continues from what it saved as if it had never stopped", async () => {
    const { rule } = recorder();
    const optimizer = createOptimizer(rule, settings, parameters);
    optimizer.apply(gradients, 0.1);
    const saved = await optimizer.save();
    expect([...saved.slots.keys()]).toEqual(["fc.weight/sum", "fc.bias/sum"]);
    optimizer.apply(gradients, 0.1);
    const wanted = await optimizer.save();
    const resumed = createOptimizer(rule, settings, parameters);
    resumed.load(saved);
    resumed.apply(gradients, 0.1);
    expect(await resumed.save()).toEqual(wanted);
  });
  test("leaks no tensor, and frees its own on disposal", () => {
    const { rule } = recorder();
    const before = tf.memory().numTensors;
    const optimizer = createOptimizer(rule, settings, parameters);
    expect(() => optimizer.apply(gradients, 0.1)).not.toLeak();
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
  test("frees the temporaries of one variable before it turns to the next", () => {
    let most = 0;
    const start = tf.memory().numTensors;
    const rule: UpdateRule = {
      slots: [],
      update: (variable, gradient) => {
        most = Math.max(most, tf.memory().numTensors - start);
        variable.assign(variable.sub(gradient.mul(0.1)));
      },
    };
    createOptimizer(rule, settings, parameters).apply(gradients, 0.1);
    expect(most).toBe(0);
  });
});
