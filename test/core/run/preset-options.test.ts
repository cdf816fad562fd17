import { beforeAll, describe, expect, test } from "vitest";
import {
  type Config,
  configurePreset,
  createRun,
  definePreset,
  definePresetWithOptions,
  invalidOption,
  type SettingsLayer,
} from "../../../core/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import { startEngine } from "../../support/engines.js";
import { toy, toyLoss, toySettings } from "../../support/toy.js";

beforeAll(() => startEngine("cpu"));

const rounds = definePresetWithOptions<{ readonly rounds?: number }>({
  name: "toy-rounds",
  summary: "one student after the other",
  defaults: { rounds: 2 },
  check({ rounds }) {
    if (rounds < 1) throw invalidOption("preset toy-rounds", "rounds", "1 or more", rounds, "Try 2.");
  },
  create: ({ rounds }) => {
    const roles = Array.from({ length: rounds }, (_, index) => `student-${index + 1}`);
    return {
      plugins: [toy(), optimizers(), toyLoss()],
      stages: Object.fromEntries(roles.map((role) => [role, { trains: role }])),
      defaults: {
        ...toySettings,
        epochs: 1,
        models: Object.fromEntries(roles.map((role) => [role, { backbone: { name: "toy-linear" } }])),
      },
    };
  },
});

const layer = (config: Config): SettingsLayer => ({ origin: "test", config });
const asking = (options: Readonly<Record<string, unknown>>) => [layer({ options: { "toy-rounds": options } })];

async function stagesTaken(layers: readonly SettingsLayer[]): Promise<readonly string[]> {
  const run = await createRun({ preset: rounds, layers });
  const stages = new Set<string>();
  for await (const { stage } of run.steps()) stages.add(stage);
  await run.close();
  return [...stages];
}

describe("a preset with options", () => {
  test("is a preset like any other, with its defaults", async () => {
    expect(rounds.options).toEqual({ rounds: 2 });
    expect(await stagesTaken([])).toEqual(["student-1", "student-2"]);
  });

  test("has the stages that its options ask for, later layers first", async () => {
    expect(await stagesTaken([...asking({ rounds: 1 }), ...asking({ rounds: 3 })])).toEqual([
      "student-1",
      "student-2",
      "student-3",
    ]);
  });

  test("can be configured twice with the same result", () => {
    const once = configurePreset(rounds, asking({ rounds: 3 }));
    expect(configurePreset(once, asking({ rounds: 3 })).options).toEqual({ rounds: 3 });
    expect(configurePreset(once, []).options).toEqual({ rounds: 3 });
  });

  test("refuses what it does not know, what is out of range, and options for one of its stages", () => {
    expect(() => configurePreset(rounds, asking({ turns: 2 }))).toThrow('[preset toy-rounds] has no option "turns"');
    expect(() => configurePreset(rounds, asking({ rounds: 0 }))).toThrow('"rounds" must be 1 or more');
    expect(() => configurePreset(rounds, asking({ rounds: "2" }))).toThrow('"rounds" must be a number');
    const misplaced = layer({ stages: { "student-1": { options: { "toy-rounds": { rounds: 1 } } } } });
    expect(() => configurePreset(rounds, [misplaced])).toThrow("Set options.toy-rounds instead");
  });

  test("leaves presets without options alone", async () => {
    const plain = definePreset({
      name: "plain",
      summary: "",
      plugins: [toy(), optimizers(), toyLoss()],
      stages: { student: { trains: "student" } },
      defaults: toySettings,
    });
    expect(configurePreset(plain, [])).toBe(plain);
    await expect(createRun({ preset: plain, layers: [layer({ options: { plain: { rounds: 1 } } })] })).rejects.toThrow(
      'no plugin is registered as "plain"',
    );
  });
});
