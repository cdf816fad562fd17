import { beforeAll, describe, expect, test } from "vitest";
import { type Artifacts, type Config, createRun, flattenPlugins, type Preset, type Run } from "../../core/index.js";
import { dfkdGenerator } from "../../presets/index.js";
import { startEngine } from "../support/engines.js";
import { noisePictures } from "./pictures.js";
import { tinyGenerator, tinyNetwork } from "./tiny-networks.js";

const options = { noise: { size: 6 }, "generator-health": { every: 2 } };
const tiny: Config = {
  epochs: 3,
  batchSize: 4,
  data: { name: "noise-pictures" },
  input: { resize: 16, crop: 16 },
  models: {
    teacher: { backbone: tinyNetwork },
    student: { backbone: tinyNetwork },
    generator: { backbone: tinyGenerator },
  },
  stages: {
    teacher: { epochs: 1 },
    warmup: { enabled: true, stepsPerEpoch: 2, options },
    generator: { stepsPerEpoch: 2, stepsPerTurn: 1, options },
    student: { stepsPerEpoch: 4, stepsPerTurn: 2, options: { noise: { size: 6 } } },
  },
};

/** The preset as it would be without the plugin. */
const unwatched: Preset = {
  ...dfkdGenerator,
  stages: Object.fromEntries(
    Object.entries(dfkdGenerator.stages).map(([name, stage]) => [
      name,
      { ...stage, plugins: flattenPlugins(stage.plugins).filter((plugin) => plugin.name !== "generator-health") },
    ]),
  ),
};

const optionsOf = (config: Config, name: string) => config.stages?.[name]?.options ?? {};

/** Without options of the plugin, for the preset without it. */
const unwatchedConfig: Config = {
  ...tiny,
  stages: Object.fromEntries(
    Object.entries(tiny.stages ?? {}).map(([name, stage]) => {
      const { "generator-health": _, ...others } = optionsOf(tiny, name);
      return [name, { ...stage, options: others }];
    }),
  ),
};

const start = (preset: Preset, config: Config, artifacts?: Artifacts) =>
  createRun({
    preset,
    plugins: [noisePictures()],
    layers: [{ origin: "test", config }],
    ...(artifacts && { artifacts }),
  });

function keeper() {
  const files = new Map<string, string>();
  const write: Artifacts["write"] = (name, content) => void files.set(name, Buffer.from(content).toString("base64"));
  return { files, artifacts: { write } };
}

async function drive(run: Run, steps = Number.POSITIVE_INFINITY): Promise<void> {
  let taken = 0;
  for await (const _ of run.steps()) if (++taken >= steps) break;
}

beforeAll(() => startEngine("wasm"));

describe("looking after the generator", () => {
  test("changes nothing of what is trained: weights, optimisers, streams, losses and accuracies", async () => {
    const [plain, watched] = [await start(unwatched, unwatchedConfig), await start(dfkdGenerator, tiny)];
    await drive(plain);
    await drive(watched);
    const [expected, actual] = [await plain.save(), await watched.save()];
    expect(actual.models).toEqual(expected.models);
    expect(actual.stages).toEqual(expected.stages);
    expect(actual.random).toEqual(expected.random);
    const trained = ({ history }: Run) =>
      history.map(({ losses, metrics }) => ({ losses, accuracy: metrics.accuracy ?? null }));
    expect(trained(watched)).toEqual(trained(plain));
    expect(watched.history.some(({ metrics }) => "generated/classes" in metrics)).toBe(true);
    await plain.close();
    await watched.close();
  }, 60_000);

  // Two steps of the teacher and two of the warm-up; then one of the generator, two of the student, and so on.
  test.each([4, 9])(
    "leaves the same files and numbers when the run is stopped after step %i",
    async (steps) => {
      const whole = keeper();
      const expected = await start(dfkdGenerator, tiny, whole.artifacts);
      await drive(expected);
      expect([...whole.files.keys()].sort()).toEqual([
        "generator/epoch-001.json",
        "generator/epoch-001.png",
        "generator/epoch-002.json",
        "generator/epoch-002.png",
        "generator/epoch-003.json",
        "generator/epoch-003.png",
        "warmup/epoch-001.json",
        "warmup/epoch-001.png",
      ]);
      const parts = keeper();
      const stopped = await start(dfkdGenerator, tiny, parts.artifacts);
      await drive(stopped, steps);
      const state = structuredClone(await stopped.save());
      await stopped.close();
      const resumed = await start(dfkdGenerator, tiny, parts.artifacts);
      resumed.load(state);
      await drive(resumed);
      expect(new Map([...parts.files].sort())).toEqual(new Map([...whole.files].sort()));
      expect(resumed.history).toEqual(expected.history);
      await resumed.close();
      await expected.close();
    },
    60_000,
  );
});
