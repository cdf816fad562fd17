import * as tf from "@tensorflow/tfjs";
import { beforeEach, describe, expect, test } from "vitest";
import { Parameters } from "../../../core/index.js";
import { startEngine } from "../../support/engines.js";

/** A weight, a buffer, and a counter that has counted twice. */
function network() {
  const parameters = new Parameters();
  const weight = parameters.weight("fc.weight", [2, 1], "linear", () => Float32Array.of(1, 2));
  const mean = parameters.buffer("bn.running_mean", [1], () => Float32Array.of(3));
  const counter = parameters.counter("bn.num_batches_tracked");
  counter.increase();
  counter.increase();
  return { parameters, weight, mean, counter };
}

const exported = async (parameters: Parameters) =>
  Object.fromEntries([...(await parameters.export())].map(([name, { data }]) => [name, [...data].map(Number)]));

describe("a twin of a model's parameters", () => {
  beforeEach(() => startEngine("cpu"));

  test("has the same names, layouts and values, and shares their memory", async () => {
    const { parameters } = network();
    const buffers = tf.memory().numDataBuffers;
    const twin = parameters.twin();
    expect(tf.memory().numDataBuffers).toBe(buffers);
    expect(await twin.export()).toEqual(await parameters.export());
    expect(twin.shapes).toEqual(parameters.shapes);
    expect([...twin.trained.keys()]).toEqual(["fc.weight"]);
  });

  test("goes its own way from then on", async () => {
    const { parameters, weight, mean, counter } = network();
    const twin = parameters.twin();
    tf.tidy(() => {
      weight.assign(tf.tensor2d([[5], [6]]));
      mean.assign(tf.tensor1d([7]));
    });
    counter.increase();
    const began = { "fc.weight": [1, 2], "bn.running_mean": [3], "bn.num_batches_tracked": [2] };
    expect(await exported(twin)).toEqual(began);
    twin.copy(parameters);
    const now = { "fc.weight": [5, 6], "bn.running_mean": [7], "bn.num_batches_tracked": [3] };
    expect(await exported(twin)).toEqual(now);
  });

  test("lends its values for a piece of work, which may fail", () => {
    const { parameters, weight, mean } = network();
    const twin = parameters.twin();
    tf.tidy(() => {
      for (const variable of twin.variables.values()) variable.assign(variable.mul(10));
    });
    const alive = tf.memory();
    const seen = parameters.lend(twin, () => [...weight.dataSync(), ...mean.dataSync()]);
    expect(seen).toEqual([10, 20, 30]);
    const fail = () =>
      parameters.lend(twin, () => {
        throw new Error("no");
      });
    expect(fail).toThrow("no");
    expect([...weight.dataSync(), ...mean.dataSync()]).toEqual([1, 2, 3]);
    expect([...(twin.variables.get("fc.weight")?.dataSync() ?? [])]).toEqual([10, 20]);
    expect(tf.memory()).toEqual(alive);
  });

  test("is freed by itself", () => {
    const { parameters, weight } = network();
    const before = tf.memory().numTensors;
    const twin = parameters.twin();
    twin.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect([...weight.dataSync()]).toEqual([1, 2]);
  });
});
