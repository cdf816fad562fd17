import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type Config,
  configurePreset,
  createRun,
  type Preset,
  type Run,
  type RunState,
  readNewestCheckpoint,
  type SettingsLayer,
  type StepReport,
  silentLogger,
  writeCheckpoint,
} from "../../core/index.js";
import { ensemble, orEnsemble } from "../../presets/index.js";
import { startEngine } from "../support/engines.js";
import { noisePictures } from "./pictures.js";

beforeAll(() => startEngine("cpu"));

const backbone = {
  name: "resnet",
  block: "basic",
  depths: [1, 1],
  widths: [4, 8],
  stem: { filters: 4, size: 3, stride: 2, pool: false },
  hidden: 6,
} as const;

/** Members of one block a stage, three epochs of two steps each. */
function layers(members: number, more: Config = {}, preset: Preset = orEnsemble): readonly SettingsLayer[] {
  return [
    {
      origin: "test",
      config: {
        epochs: 3,
        batchSize: 4,
        data: { name: "noise-pictures" },
        optimizer: { learningRate: 0.05 },
        options: { [preset.name]: { members, backbone } },
        evaluation: { every: 3 },
      },
    },
    { origin: "more", config: more },
  ];
}

interface Outcome {
  readonly reports: readonly StepReport[];
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly history: Run["history"];
  readonly state: RunState;
}

/** Takes all steps, or some, of a run; from where `state` left off. */
async function go(
  asked: readonly SettingsLayer[],
  state?: RunState,
  limit = Number.POSITIVE_INFINITY,
  preset = orEnsemble,
) {
  const run = await createRun({ preset, layers: asked, plugins: [noisePictures()] });
  if (state) run.load(state);
  const reports: StepReport[] = [];
  for await (const report of run.steps()) if (reports.push(report) >= limit) break;
  const weights: Record<string, readonly number[]> = {};
  for (const role of run.models.built)
    for (const [name, { data }] of await run.models.get(role).parameters.export())
      weights[`${role}/${name}`] = [...data].map(Number);
  const outcome: Outcome = { reports, weights, history: [...run.history], state: await run.save() };
  await run.close();
  return outcome;
}

describe("or-ensemble", () => {
  test("trains one member after the other; from the second on, the orthogonal loss is half the cross-entropy", async () => {
    const { reports, history } = await go(layers(3));
    expect(reports.map(({ stage }) => stage.slice(-1)).join("")).toBe("111111222222333333");
    for (const { stage, losses } of reports) {
      expect(Object.keys(losses)).toEqual(stage === "member-1" ? ["crossEntropy"] : ["crossEntropy", "orthogonal"]);
      if (losses.orthogonal !== undefined)
        expect(losses.orthogonal).toBeCloseTo((losses.crossEntropy as number) / 2, 4);
    }
    const measured = history.filter(({ epoch }) => epoch === 2).map(({ metrics }) => Object.keys(metrics));
    expect(measured[0]).toEqual(["accuracy", "ensembleAccuracy"]);
    expect(measured[2]).toEqual(["accuracy", "ensembleAccuracy", "disagreement", "mapCorrelation", "blindShare"]);
  });

  test("leaves earlier members as they are", async () => {
    const two = await go(layers(2));
    const three = await go(layers(3));
    for (const [name, values] of Object.entries(two.weights)) expect(three.weights[name], name).toEqual(values);
  });

  test("weighs by settings: fixed, and by the number of teachers", async () => {
    const options = { "orthogonal-attention": { weighting: "fixed", weights: [0.5, 0] } };
    const { reports } = await go(layers(3, { options }));
    const last = (stage: string) => reports.findLast((report) => report.stage === stage)?.losses.orthogonal;
    expect(last("member-2")).toBeGreaterThan(0);
    expect(last("member-3")).toBe(0);
  });

  test("is the plain ensemble but for the orthogonal loss: the first members are the same", async () => {
    const plain = await go(layers(2, {}, ensemble), undefined, undefined, ensemble);
    const orthogonal = await go(layers(2));
    const first = ({ weights }: Outcome) =>
      Object.fromEntries(Object.entries(weights).filter(([name]) => name.startsWith("member-1/")));
    expect(first(plain)).toEqual(first(orthogonal));
    expect(plain.weights).not.toEqual(orthogonal.weights);
    expect(plain.reports.every(({ losses }) => losses.orthogonal === undefined)).toBe(true);
  });

  test("leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    await go(layers(2));
    expect(tf.memory().numTensors).toBe(before);
  });

  describe("interrupted", () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "fgkd-"));
    });
    afterEach(() => rm(folder, { recursive: true }));

    /** Through a file, as a resumed run has it. */
    async function stored(state: RunState): Promise<RunState> {
      await writeCheckpoint(folder, state);
      return (await readNewestCheckpoint(folder, silentLogger)) ?? expect.unreachable();
    }

    test.each([5, 6, 9, 15])("after %i of 18 steps, goes on to the same weights and metrics", async (steps) => {
      const whole = await go(layers(3));
      const { state } = await go(layers(3), undefined, steps);
      const resumed = await go(layers(3), await stored(state));
      expect(resumed.weights).toEqual(whole.weights);
      expect(resumed.history).toEqual(whole.history);
      expect(resumed.reports).toEqual(whole.reports.slice(steps));
    });

    test("and given more members, trains the new ones only, as if they had been asked for at once", async () => {
      const { state } = await go(layers(2));
      const grown = await go(layers(4), await stored(state));
      expect([...new Set(grown.reports.map(({ stage }) => stage))]).toEqual(["member-3", "member-4"]);
      const whole = await go(layers(4));
      expect(grown.weights).toEqual(whole.weights);
      expect(grown.history).toEqual(whole.history);
    });
  });
});

describe("the settings of an ensemble", () => {
  const settings = (preset: Preset, options: object) =>
    configurePreset(preset, [{ origin: "test", config: { options: { [preset.name]: options } } as Config }]);
  const member = (preset: Preset, number = 1) => preset.defaults.models?.[`member-${number}`];

  test("are the paper's: five members, ResNet-50 with the code's head, its recipe and input", () => {
    expect(Object.keys(orEnsemble.stages)).toHaveLength(5);
    expect(member(orEnsemble, 5)).toEqual({ backbone: { name: "resnet50", head: "max-pool-mlp" }, weights: null });
    const { epochs, batchSize, input, optimizer } = orEnsemble.defaults;
    expect({ epochs, batchSize }).toEqual({ epochs: 100, batchSize: 32 });
    expect(input).toMatchObject({ resize: 600, fit: "warp", pad: 8, crop: 448, flip: 0.5, mean: [0.5, 0.5, 0.5] });
    expect(optimizer).toMatchObject({ learningRate: 0.001, newLayersFactor: 10, momentum: 0.9, weightDecay: 5e-4 });
  });

  test("give every member another backbone, and weights to start from", () => {
    const preset = settings(orEnsemble, { backbone: { name: "vgg16_bn" }, weights: "vgg.safetensors" });
    const expected = { backbone: { name: "vgg16_bn", head: "max-pool-mlp" }, weights: "vgg.safetensors" };
    expect(member(preset, 3)).toEqual(expected);
    expect(preset.scales?.demo?.models?.["member-3"]).toEqual(expected);
  });

  test("say which epoch's weights count: the last one's, or the best one's on validation or on test images", () => {
    const said = (options: object) => {
      const { export: exported = "last", evaluation } = settings(orEnsemble, options).defaults;
      return [exported, evaluation?.bestOn];
    };
    expect(said({})).toEqual(["last", undefined]);
    expect(said({ report: "best-on-validation" })).toEqual(["best", "validation"]);
    expect(said({ report: "best-on-test" })).toEqual(["best", "test"]);
    expect(said({ recipe: "official-code" })).toEqual(["best", "test"]);
    expect(said({ recipe: "official-code", report: "last" })).toEqual(["last", undefined]);
  });

  test("leave the weights of the best epoch where that is said, for the members after it", async () => {
    const { history } = await go(
      layers(2, { evaluation: { every: 1 }, options: { "or-ensemble": { report: "best-on-test" } } }),
    );
    const ended = history.filter(({ epoch }) => epoch === 2);
    expect(ended).toHaveLength(2);
    for (const { stage, exported } of ended) {
      const best = history.filter((one) => one.stage === stage && one.best).at(-1);
      expect(exported).toBe(best?.epoch);
    }
  });

  test("refuse no member, and half of one", () => {
    for (const members of [0, 1.5]) expect(() => settings(ensemble, { members })).toThrow("must be whole and positive");
  });
});
