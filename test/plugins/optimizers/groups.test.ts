import type * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Backbones,
  type Choice,
  createTraining,
  type ParameterGroups,
  type TrainedWeight,
} from "../../../core/index.js";
import { resnet, vgg } from "../../../plugins/backbones/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import { startEngine } from "../../support/engines.js";

const choose = (group: Choice<ParameterGroups>) => createTraining({ plugins: [optimizers()] }).groups.choose(group);

const weight = (name: string, given: Partial<TrainedWeight> & { readonly rank?: number } = {}): TrainedWeight => {
  const { rank = 4, ...rest } = given;
  // Groups look at the rank alone.
  return { name, variable: { rank } as tf.Variable, isNew: false, inHead: false, ...rest };
};

beforeAll(() => startEngine("cpu"));

describe("layer-decay", () => {
  test("slows down by the distance from the deepest weight, as the specification's table says", () => {
    const group = choose({ name: "layer-decay", rate: 0.7 });
    const factors = [0, 1, 2, 3, 11, 12, 13].map((depth) => group(weight("w", { depth, deepest: 13 })).factor);
    const wanted = [0.0096889, 0.0138413, 0.0197733, 0.0282475, 0.49, 0.7, 1];
    expect(factors).toEqual(wanted.map((factor) => expect.closeTo(factor, 7)));
  });
  test("leaves a stage's helpers at the full rate", () => {
    expect(choose({ name: "layer-decay", rate: 0.7 })(weight("helpers/projector", { deepest: 5 }))).toEqual({});
  });
  test("says that the model has no depths", () => {
    expect(() => choose({ name: "layer-decay", rate: 0.7 })(weight("w"))).toThrow(
      '[parameter group layer-decay] needs "depths"',
    );
  });
});

describe("no-decay", () => {
  const decays = (group: Choice<ParameterGroups>, given: TrainedWeight) => choose(group)(given).weightDecay ?? 1;
  test("exempts what has one dimension, unless told otherwise", () => {
    expect(decays({ name: "no-decay" }, weight("bn.bias", { rank: 1 }))).toBe(0);
    expect(decays({ name: "no-decay" }, weight("conv.weight", { rank: 4 }))).toBe(1);
    expect(decays({ name: "no-decay", rank: null }, weight("bn.bias", { rank: 1 }))).toBe(1);
  });
  test("exempts what it names", () => {
    const group = { name: "no-decay", rank: null, names: ["*_embed", "cls_token"] } as const;
    expect(decays(group, weight("pos_embed", { rank: 3 }))).toBe(0);
    expect(decays(group, weight("cls_token", { rank: 3 }))).toBe(0);
    expect(decays(group, weight("cls_tokens", { rank: 3 }))).toBe(1);
  });
});

describe("freeze", () => {
  test.each([
    ["layer1.*", "layer1.0.conv1.weight", true],
    ["layer1.*", "layer10.0.conv1.weight", false],
    ["layer*.bn?.bias", "layer1.0.bn1.bias", false],
    ["layer*.0.*.bias", "layer1.0.bn1.bias", true],
    ["*", "anything", true],
    ["a*a", "a", false],
    ["", "a", false],
    ["conv1.weight", "conv1.weight", true],
    ["conv1", "conv1.weight", false],
  ])("%s, %s: %s", (pattern, name, frozen) => {
    expect(choose({ name: "freeze", names: [pattern] })(weight(name)).frozen).toBe(frozen);
  });
});

test("freeze takes the backbone by that name, for some epochs where it is told how many", () => {
  const group = choose({ name: "freeze", names: ["backbone", "fc.bias"], epochs: 3, statistics: true });
  expect(group(weight("layer1.0.conv1.weight"))).toEqual({ frozen: 3, keepsStatistics: true });
  expect(group(weight("fc.bias", { inHead: true }))).toEqual({ frozen: 3, keepsStatistics: true });
  expect(group(weight("fc.weight", { inHead: true }))).toEqual({ frozen: false });
});

test("new-layers gives what no file filled another rate", () => {
  const group = choose({ name: "new-layers", factor: 10 });
  expect([group(weight("fc", { isNew: true })).factor, group(weight("conv1")).factor]).toEqual([10, undefined]);
});

describe("a group", () => {
  test.each([
    [{ name: "layer-decay", rate: 0 }, '[parameter group layer-decay] option "rate" must be in (0, 1]'],
    [{ name: "layer-decay" }, '[parameter group layer-decay] option "rate" must be given'],
    [{ name: "no-decay", rank: 0.5 }, '[parameter group no-decay] option "rank" must be a whole number'],
    [{ name: "freeze", names: [1] }, '[parameter group freeze] option "names" must be a list of texts'],
    [{ name: "new-layers", factor: -1 }, '[parameter group new-layers] option "factor" must be at least 0'],
  ])("refuses %j", (group, message) => {
    expect(() => choose(group as Choice<ParameterGroups>)).toThrow(message);
  });
});

describe("the depths of a network", () => {
  const stem = { filters: 2, size: 3, stride: 2, pool: false };
  const build = (backbone: Choice<Backbones>) => {
    const services = { classes: ["a", "b"] };
    return createTraining({ plugins: [resnet(), vgg()], services }).backbones.choose(backbone);
  };
  const basic = {
    "conv1.weight": 0,
    "bn1.bias": 0,
    "layer1.1.bn2.weight": 2,
    "layer2.0.downsample.0.weight": 3,
    "fc.bias": 4,
  };
  const bottleneck = { "conv1.weight": 0, "layer1.2.conv3.weight": 3, "layer2.0.conv1.weight": 4, "fc.weight": 5 };
  const convolutions = {
    "features.0.weight": 0,
    "features.1.bias": 0,
    "features.4.weight": 1,
    "features.7.bias": 2,
    "fc.bias": 3,
  };
  test.each([
    [{ name: "resnet", block: "basic", depths: [2, 1], widths: [2, 4], stem }, basic],
    [{ name: "resnet", block: "bottleneck", depths: [3, 1], widths: [2, 4], stem }, bottleneck],
    [{ name: "vgg", depths: [1, 2], widths: [2, 4], batchNorm: true, head: "linear" }, convolutions],
  ] as const)("%j: every weight has one, from stem to head", (backbone, wanted) => {
    const { parameters, depths } = build(backbone);
    expect([...(depths?.keys() ?? [])]).toEqual([...parameters.trained.keys()]);
    expect(Math.max(...(depths?.values() ?? []))).toBe(Math.max(...Object.values(wanted)));
    expect(Object.fromEntries(Object.keys(wanted).map((name) => [name, depths?.get(name)]))).toEqual(wanted);
    parameters.dispose();
  });
});
