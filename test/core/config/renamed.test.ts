import { describe, expect, test } from "vitest";
import { withNewNames } from "../../../core/config/renamed.js";
import { alternate, type Config, createRun, definePreset, type Logger, resolveConfig } from "../../../core/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";

const config = (value: object) => value as Config;

describe("a setting by its old name", () => {
  test("counts under its new one, for the run and for a stage, with a line for each", () => {
    const layer = { origin: "mine", config: config({ turn: 3, stages: { student: { turn: 5 } } }) };
    const { run, stages, origins, renamed } = resolveConfig(["student", "teacher"], [layer]);
    expect(run.stepsPerTurn).toBe(3);
    expect([stages.student?.stepsPerTurn, stages.teacher?.stepsPerTurn]).toEqual([5, 3]);
    expect(origins.get("stepsPerTurn")).toBe("mine");
    expect(renamed).toEqual([
      "mine: turn is called stepsPerTurn now; the old name goes with the next version.",
      "mine: stages.student.turn is called stages.student.stepsPerTurn now; the old name goes with the next version.",
    ]);
    expect("turn" in run).toBe(false);
  });

  test("is told of where the run begins", async () => {
    const warnings: string[] = [];
    const logger: Logger = { info: () => {}, warn: (words) => warnings.push(words) };
    const preset = definePreset({
      name: "p",
      summary: "",
      plugins: [optimizers()],
      stages: { only: { trains: "student", data: "none" } },
      defaults: {},
    });
    const run = await createRun({ preset, logger, layers: [{ origin: "mine", config: config({ turn: 2 }) }] });
    await run.close();
    expect(warnings).toEqual([expect.stringContaining("turn is called stepsPerTurn now")]);
  });

  test("gives way to the new name where both are given", () => {
    expect(withNewNames(config({ turn: 3, stepsPerTurn: 4 }), "mine").config).toEqual({ stepsPerTurn: 4 });
  });

  test("is checked like any other value", () => {
    const layer = { origin: "mine", config: config({ turn: -1 }) };
    expect(() => resolveConfig([], [layer])).toThrow("stepsPerTurn is -1");
  });

  test("may lie deep, and move to another place", () => {
    const paths = { "input.mean": "models.student.mean" };
    const given = config({ input: { mean: [1], crop: 8 }, models: { student: { backbone: { name: "resnet" } } } });
    expect(withNewNames(given, "mine", paths).config).toEqual({
      input: { crop: 8 },
      models: { student: { backbone: { name: "resnet" }, mean: [1] } },
    });
  });

  test("may be one of every role, whatever the role is called", () => {
    const given = config({ models: { "member.1": { inputSize: 32 }, teacher: {} } });
    expect(withNewNames(given, "mine")).toEqual({
      config: { models: { "member.1": { input: { size: 32 } }, teacher: {} } },
      words: [
        "mine: models.member.1.inputSize is called models.member.1.input.size now; the old name goes with the next version.",
      ],
    });
  });

  test("may be the options of what has another name now", () => {
    const given = config({ options: { judges: { studentMode: "eval" } } });
    expect(withNewNames(given, "mine").config).toEqual({
      options: { "generated-outputs": { studentMode: "eval" } },
    });
  });

  test("leaves a config without old names, and what is no config, as it is", () => {
    for (const given of [{ epochs: 3 }, { stages: { student: { epochs: 2 } } }, null, 3, { stages: 7 }])
      expect(withNewNames(given as unknown as Config, "mine")).toEqual({ config: given, words: [] });
  });
});

test("turns of no number of steps are refused, not waited for", async () => {
  const steps = alternate([(async function* () {})(), undefined as unknown as number]);
  await expect(steps.next()).rejects.toThrow("stepsPerTurn");
});
