import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  type Config,
  checkRun,
  createRun,
  createRunFolder,
  createTraining,
  definePlugin,
  definePreset,
  encodeSafetensors,
  openRunFolder,
  type RunOptions,
} from "../../../core/index.js";
import { publicWeightsOf } from "../../../plugins/backbones/public-weights.js";
import { catalogue } from "../../../plugins/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import { startEngine } from "../../support/engines.js";
import { commit, type LocalHub, startHub } from "../../support/local-hub.js";
import { toy, toyLoss, toyModel } from "../../support/toy.js";

declare module "../../../core/index.js" {
  interface Backbones {
    "weights-test": {};
  }
}

beforeAll(() => startEngine("cpu"));

const parts = definePlugin({
  name: "weights-test",
  defaults: {},
  register: ({ backbones }) =>
    backbones.register("weights-test", {
      defaults: {},
      publicWeights: [
        { name: "imagenet", reference: "hf://timm/linear.tv_in1k" },
        { name: "a1", reference: "hf://timm/linear.a1_in1k", untagged: "hf://timm/linear" },
      ],
      create: (_, { stream }) => toyModel(stream.normals(8)),
    }),
});

const preset = definePreset({
  name: "weights-test",
  summary: "",
  plugins: [toy(), parts(), optimizers(), toyLoss()],
  stages: { student: { trains: "student" } },
  defaults: {
    batchSize: 4,
    epochs: 1,
    data: { name: "toy-points" },
    models: { student: { backbone: { name: "weights-test" } } },
  },
});

/** A file of weights that are all of one value. */
async function weightsOf(value: number): Promise<Uint8Array> {
  const { parameters } = toyModel(new Float32Array(8).fill(value));
  const tensors = await parameters.export();
  parameters.dispose();
  return Buffer.concat([...encodeSafetensors({ tensors, metadata: {} })]);
}

async function hubWith(): Promise<LocalHub> {
  const files = { "model.safetensors": await weightsOf(0.5) };
  const others = { "model.safetensors": await weightsOf(0.25) };
  return startHub({ files: { "timm/linear.tv_in1k": files, "timm/linear.a1_in1k": others } });
}

const given = (weights: string, more: Partial<RunOptions> = {}): RunOptions => ({
  preset,
  layers: [{ origin: "test", config: { models: { student: { weights } } } as Config }],
  ...more,
});

async function open(weights: string, hub: LocalHub, more: Partial<RunOptions> = {}) {
  const warnings: string[] = [];
  const logger = { info: () => {}, warn: (words: string) => void warnings.push(words) };
  const run = await createRun(given(weights, { hub: hub.hub(), logger, ...more }));
  onTestFinished(() => run.close());
  const first = () => run.models.get("student").classifier?.weight.dataSync()[0];
  return { run, warnings, first };
}

describe("the weights of a model", () => {
  test("may be public ones by the name that the backbone has for them", async () => {
    const { run, first } = await open("imagenet", await hubWith());
    expect(first()).toBe(0.5);
    expect(run.weights.get("student")?.hub).toEqual({ reference: "hf://timm/linear.tv_in1k", commit });
  });

  test("may be a reference; without a tag it is told which ones that means", async () => {
    const hub = await hubWith();
    expect((await open("hf://timm/linear.tv_in1k", hub)).first()).toBe(0.5);
    const { first, warnings } = await open("hf://timm/linear@main", hub);
    expect(first()).toBe(0.25);
    expect(warnings).toEqual([
      "hf://timm/linear@main names no tag: its owner means hf://timm/linear.a1_in1k@main by it, which is taken.",
    ]);
  });

  test("are refused by an unknown name before anything is fetched, with those that there are", async () => {
    expect(() => checkRun(given("imagnet"))).toThrow(
      /FGKD_UNKNOWN_NAME no public weights of backbone weights-test .*"imagnet"\. Registered: imagenet, a1\. Did you mean "imagenet"\? .*\.\/imagnet/,
    );
    expect(() => checkRun(given("hf://timm"))).toThrow("FGKD_PATH");
  });

  test("are those of a file where a path is given, and none are fetched", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fgkd-weights-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "imagenet"), await weightsOf(0.75));
    const hub = await hubWith();
    const { run, first } = await open(join(folder, "imagenet"), hub);
    expect([first(), run.weights.get("student")?.hub, hub.heard.length]).toEqual([0.75, undefined, 0]);
  });

  test("are fetched once for all members of an ensemble", async () => {
    const hub = await hubWith();
    const model = { backbone: { name: "weights-test" }, weights: "imagenet" } as const;
    const layers = [{ origin: "test", config: { models: { student: model, teacher: model } } as Config }];
    const { run } = await open("", hub, { layers });
    expect(run.weights.get("teacher")).toEqual(run.weights.get("student"));
    expect(hub.heard.filter(({ path }) => path.includes("resolve/main"))).toHaveLength(1);
  });

  test("are of the same commit when the run is taken up, whatever the branch has become", async () => {
    const hub = await hubWith();
    const { run } = await open("imagenet", hub);
    const folder = mkdtempSync(join(tmpdir(), "fgkd-weights-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const kept = await createRunFolder(join(folder, "run"), { preset: "x", layers: [], plugins: [] }, run);
    await kept.close();
    const config = JSON.parse(readFileSync(join(folder, "run/config.json"), "utf8"));
    expect(config.commits).toEqual({ "hf://timm/linear.tv_in1k": commit });
    expect(config.weights.student).toMatch(/^[0-9a-f]{64}$/);
    const { commits } = (await openRunFolder(join(folder, "run"))).request;
    const before = hub.heard.length;
    await open("imagenet", hub, { commits: commits as Record<string, string> });
    expect(hub.heard.length).toBe(before);
    await open("imagenet", hub);
    expect(hub.heard.length).toBeGreaterThan(before);
  });
});

describe("public weights", () => {
  const { backbones } = createTraining({ plugins: [catalogue()] });

  test("are listed by every backbone that has any", () => {
    const listed = backbones.names.filter((name) => backbones.publicWeights(name).length > 0);
    expect(listed).toEqual(backbones.names.filter((name) => publicWeightsOf(name).length > 0));
    expect(backbones.publicWeights("resnet18")[0]).toEqual({
      name: "imagenet",
      reference: "hf://timm/resnet18.tv_in1k",
    });
    expect(backbones.publicWeights("resnet")).toEqual([]);
  });

  test("say which ones a repository without a tag means", () => {
    const meant = (name: string) =>
      publicWeightsOf(name).find(({ untagged }) => untagged === `hf://timm/${name}`)?.name;
    expect(["resnet50", "vgg16_bn", "deit_base_patch16_384", "convnext_tiny"].map(meant)).toEqual([
      "a1",
      "imagenet",
      "imagenet",
      "imagenet-12k",
    ]);
  });
});
