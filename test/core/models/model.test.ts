import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { Parameters } from "../../../core/index.js";
import { tinyModel } from "../../../core/testing/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

beforeAll(() => startEngine("cpu"));

/** 0, 1, 2, … in the layout it is declared with. */
const counting = (shape: readonly number[]) =>
  Float32Array.from({ length: shape.reduce((size, side) => size * side, 1) }, (_, index) => index);

function everyLayout(): Parameters {
  const parameters = new Parameters();
  parameters.weight("conv.weight", [2, 3, 4, 5], "convolution", counting);
  parameters.weight("depthwise.weight", [3, 3, 4, 1], "depthwise", counting);
  parameters.weight("fc.weight", [2, 3], "linear", counting);
  parameters.weight("fc.bias", [3], "plain", counting);
  parameters.buffer("norm.running_mean", [4], counting);
  parameters.counter("norm.num_batches_tracked").increase();
  return parameters;
}

describe("the parameters of a model", () => {
  test("have the shapes of public files, in the order in which they were declared, what is not trained last", () => {
    const parameters = everyLayout();
    expect([...parameters.shapes]).toEqual([
      ["conv.weight", [5, 4, 2, 3]],
      ["depthwise.weight", [4, 1, 3, 3]],
      ["fc.weight", [3, 2]],
      ["fc.bias", [3]],
      ["norm.running_mean", [4]],
      ["norm.num_batches_tracked", []],
    ]);
    parameters.dispose();
  });

  test("give the optimiser what is trained and nothing else", () => {
    const parameters = everyLayout();
    expect([...parameters.trained.keys()]).toEqual(["conv.weight", "depthwise.weight", "fc.weight", "fc.bias"]);
    expect(parameters.size).toBe(120 + 36 + 6 + 3);
    parameters.dispose();
  });

  test("are turned on their way out: output channels first", async () => {
    const parameters = everyLayout();
    const exported = await parameters.export();
    // Here [in, out] = [[0, 1, 2], [3, 4, 5]]; in files [out, in].
    expect([...(exported.get("fc.weight")?.data ?? [])]).toEqual([0, 3, 1, 4, 2, 5]);
    // [height, width, in, out] at (1, 2, 3, 4) is [out, in, height, width] at (4, 3, 1, 2).
    const here = ((1 * 3 + 2) * 4 + 3) * 5 + 4;
    const there = ((4 * 4 + 3) * 2 + 1) * 3 + 2;
    expect(exported.get("conv.weight")?.data[there]).toBe(here);
    expect(exported.get("norm.num_batches_tracked")?.data).toEqual(BigInt64Array.of(1n));
    parameters.dispose();
  });

  test("come back as they went, bit for bit", async () => {
    const parameters = everyLayout();
    const exported = await parameters.export();
    const before = [...parameters.trained.values()].map((variable) => [...variable.dataSync()]);
    const blank = everyLayout();
    for (const variable of blank.trained.values()) tf.tidy(() => variable.assign(variable.zerosLike()));
    expect([...(blank.trained.get("conv.weight")?.dataSync() ?? [])].every((value) => value === 0)).toBe(true);
    blank.import(exported);
    expect([...blank.trained.values()].map((variable) => [...variable.dataSync()])).toEqual(before);
    expect(await blank.export()).toEqual(exported);
    parameters.dispose();
    blank.dispose();
  });

  test("leave no tensor when they are exported, imported and disposed", async () => {
    await expect(async () => {
      const parameters = everyLayout();
      parameters.import(await parameters.export());
      parameters.dispose();
    }).not.toLeak();
  });

  test("of two models of one kind are apart", () => {
    const [first, second] = [tinyModel(), tinyModel({ seed: 1 })];
    const weight = first.parameters.trained.get("fc.weight");
    tf.tidy(() => weight?.assign(weight.mul(0)));
    expect(Math.max(...(second.parameters.trained.get("fc.weight")?.dataSync() ?? []))).not.toBe(0);
    first.parameters.dispose();
    second.parameters.dispose();
  });
});
