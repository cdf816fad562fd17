import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Config,
  createRun,
  createTraining,
  type Preset,
  resolveConfig,
  type Scale,
  type Settings,
  type SettingsLayer,
} from "../../core/index.js";
import * as shipped from "../../presets/index.js";
import { startEngine } from "../support/engines.js";
import { noisePictures } from "./pictures.js";

beforeAll(() => startEngine("cpu"));

const presets: readonly Preset[] = Object.values(shipped);
const scales = ["demo", "paper"] as const satisfies readonly Scale[];
const everyPreset = presets.flatMap((preset) => scales.map((scale) => [preset.name, scale, preset] as const));

const scaleLayer = (preset: Preset, scale: Scale): SettingsLayer => ({
  origin: scale,
  config: preset.scales?.[scale] ?? {},
});

/** The preset's settings at a scale, as a run has them before anybody overrides one. */
function settingsOf(preset: Preset, scale: Scale) {
  const stages = Object.fromEntries(
    Object.entries(preset.stages).map(([name, { settings = {} }]) => [name, settings] as const),
  );
  const layers = [
    { origin: "preset", config: preset.defaults },
    { origin: "stages", config: { stages } },
  ];
  return resolveConfig(Object.keys(preset.stages), [...layers, scaleLayer(preset, scale)]);
}

/** The same method with two batches of noise a stage, and networks of one block that keep the preset's heads. */
function tiny(preset: Preset, scale: Scale): SettingsLayer {
  const { models } = settingsOf(preset, scale).run;
  const shrunk = Object.entries(models).map(([role, { backbone, input }]) => {
    if (backbone.name === "attention-generator")
      return [role, { backbone: { ...backbone, size: 16, widths: [16, 8, 8, 4, 4] } }] as const;
    if (backbone.name === "small-generator")
      return [role, { backbone: { ...backbone, size: 16, width: 4, firstWidth: null } }] as const;
    const tokens = /^deit/.test(backbone.name) && { size: 16, patch: 8, width: 4, depth: 1, heads: 2 };
    if (tokens) {
      const distilled = (backbone as { readonly distilled?: boolean }).distilled ?? backbone.name.includes("distilled");
      return [role, { backbone: { name: "deit", ...tokens, distilled } }] as const;
    }
    const { head = "linear" } = backbone as { readonly head?: "linear" | "squeeze-excite" | "max-pool-mlp" };
    const stem = { filters: 4, size: 3, stride: 2, pool: false };
    const small = {
      name: "resnet",
      block: "basic",
      depths: [1, 1],
      widths: [4, 8],
      head,
      stem,
      strides: null,
    } as const;
    return [role, { backbone: small, ...(input?.size && { input: { size: 8 } }) }] as const;
  });
  const config: Config = {
    epochs: 1,
    batchSize: 4,
    // For stages without data; the others have two batches anyway.
    stepsPerEpoch: 2,
    stepsPerTurn: 2,
    data: { name: "noise-pictures" },
    models: Object.fromEntries(shrunk),
    stages: Object.fromEntries(Object.keys(preset.stages).map((stage) => [stage, { enabled: true }])),
  };
  return { origin: "test", config };
}

async function runTiny(preset: Preset, scale: Scale) {
  const layers = [scaleLayer(preset, scale), tiny(preset, scale)];
  const run = await createRun({ preset, layers, plugins: [noisePictures()] });
  const reports: object[] = [];
  for await (const report of run.steps()) reports.push(report);
  const weights = new Map<string, readonly number[]>();
  for (const role of run.models.built)
    for (const [name, { data }] of await run.models.get(role).parameters.export())
      weights.set(`${role}/${name}`, [...data].map(Number));
  await run.close();
  return { reports, weights };
}

describe("every preset", () => {
  test.each(everyPreset)("%s resolves at %s scale, and what it names is registered", (_, scale, preset) => {
    const { stages } = settingsOf(preset, scale);
    for (const [name, { plugins = [], trains }] of Object.entries(preset.stages)) {
      const config = stages[name] as Settings;
      const training = createTraining({ plugins: [preset.plugins, plugins], config, stage: name });
      expect(config.models[trains], `a model for ${trains}`).toBeDefined();
      for (const { backbone } of Object.values(config.models))
        expect(training.backbones.names).toContain(backbone.name);
      expect(training.optimizers.names).toContain(config.optimizer.name);
      if (config.data) expect(training.sources.names).toContain(config.data.name);
      expect(training.engines.names.length).toBeGreaterThan(0);
    }
  });

  test.each(presets)(
    "$name takes two steps of every stage, twice with the same numbers, and leaves no tensor",
    async (preset) => {
      const before = tf.memory().numTensors;
      const first = await runTiny(preset, "demo");
      expect(tf.memory().numTensors).toBe(before);
      const taken = Object.keys(preset.stages).flatMap((stage) => [stage, stage]);
      expect(first.reports.map((report) => (report as { readonly stage: string }).stage)).toEqual(taken);
      expect(await runTiny(preset, "demo")).toEqual(first);
    },
    120_000,
  );

  test("has a name of its own, in kebab-case, and one line that says what it is", () => {
    expect(new Set(presets.map(({ name }) => name)).size).toBe(presets.length);
    for (const { name, summary } of presets) {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(summary).toMatch(/^[^\n]{10,100}$/);
    }
  });
});
