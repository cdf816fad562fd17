import { describe, expect, test } from "vitest";
import {
  type Config,
  createTraining,
  defaults,
  definePlugin,
  resolveConfig,
  type SettingsLayer,
} from "../../../core/index.js";

const layer = (origin: string, config: object): SettingsLayer => ({ origin, config: config as Config });
const resolve = (...layers: SettingsLayer[]) => resolveConfig(["teacher", "student"], layers);

describe("settings", () => {
  test("are the defaults where nothing is said", () => {
    expect(resolve().stages.student).toEqual(defaults);
  });

  test("of a later layer are laid over those of an earlier one", () => {
    const { run } = resolve(layer("preset", { epochs: 200, batchSize: 16 }), layer("--epochs", { epochs: 3 }));
    expect([run.epochs, run.batchSize]).toEqual([3, 16]);
  });

  test("of a stage beat the general ones of the same layer, not those of a later layer", () => {
    const preset = layer("preset", { epochs: 200, stages: { teacher: { epochs: 60 } } });
    expect(resolve(preset).stages.teacher?.epochs).toBe(60);
    expect(resolve(preset).stages.student?.epochs).toBe(200);
    expect(resolve(preset, layer("--epochs", { epochs: 3 })).stages.teacher?.epochs).toBe(3);
  });

  test("keep what a choice says when only its options change, and forget it when its name does", () => {
    const preset = layer("preset", { data: { name: "folder", path: "a", split: 0.2 } });
    expect(resolve(preset, layer("file", { data: { path: "b" } })).run.data).toEqual({
      name: "folder",
      path: "b",
      split: 0.2,
    });
    expect(resolve(preset, layer("file", { data: { name: "birds" } })).run.data).toEqual({ name: "birds" });
  });

  test("know where each value comes from", () => {
    const { origins } = resolve(
      layer("preset x", { input: { crop: 112 } }),
      layer("--set", { stages: { teacher: { epochs: 9 } } }),
    );
    expect(origins.get("input.crop")).toBe("preset x");
    expect(origins.get("input.resize")).toBe("default");
    expect(origins.get("stages.teacher.epochs")).toBe("--set");
    expect(origins.get("stages.student.epochs")).toBe("default");
  });

  test("are frozen once resolved", () => {
    const { run } = resolve();
    expect(() => Object.assign(run.input, { crop: 1 })).toThrow(TypeError);
  });
});

describe("a setting that cannot be", () => {
  const refuse = (config: object) => expect(() => resolve(layer("fgkd.config.ts", config)));

  test("is refused by name, with the nearest that exists", () => {
    refuse({ epoch: 3 }).toThrow('FGKD_UNKNOWN_OPTION [fgkd.config.ts] has no option "epoch".');
    refuse({ epoch: 3 }).toThrow('Did you mean "epochs"?');
    refuse({ input: { corp: 3 } }).toThrow(
      '[fgkd.config.ts › input] has no option "corp". Options: resize, fit, pad, crop',
    );
    refuse({ stages: { teacher: { epoch: 3 } } }).toThrow('Did you mean "epochs"?');
  });

  test("is refused when its value has the wrong type or range", () => {
    refuse({ epochs: "many" }).toThrow('FGKD_INVALID_CONFIG fgkd.config.ts: epochs is "many"');
    refuse({ epochs: -1 }).toThrow("epochs is -1");
    refuse({ input: { flip: 2 } }).toThrow("input.flip is 2");
    refuse({ optimizer: { schedule: "cosine" as never } }).toThrow("optimizer.schedule");
    refuse({ optimizer: { groups: [{ rate: 0.7 } as never] } }).toThrow("optimizer.groups.0.name");
    refuse({ accumulate: 0 }).toThrow("accumulate is 0");
  });

  test.each([
    [
      { input: { mean: [123.675, 116.28, 103.53] } },
      "input.mean is [123.675,116.28,103.53]. A mean",
      "123.675/255 = 0.485",
    ],
    [{ input: { deviation: [58.395, 57.12, 57.375] } }, "input.deviation is [58.395,", "58.395/255 = 0.229"],
    [{ input: { mean: [0.5, 0.5, -104] } }, "input.mean is [0.5,0.5,-104]", "-104/255 = -0.4078"],
    [{ stages: { teacher: { input: { mean: [128, 128, 128] } } } }, "stages.teacher.input.mean", "128/255 = 0.502"],
    [{ models: { student: { input: { deviation: [0.2, 0.2, 127.5] } } } }, "models.student.input.deviation", "= 0.5)"],
    [{ models: { student: { input: { mean: [127.5, 127.5, 127.5] } } } }, "models.student.input.mean", "= 0.5)"],
  ] as const)(
    "is refused where it is of pixels from 0 to 255, with the figure to write: %j",
    (config, place, figure) => {
      for (const text of [`FGKD_INVALID_CONFIG fgkd.config.ts: ${place}`, "divide by 255 (", figure])
        refuse(config).toThrow(text);
    },
  );

  test.each([
    [{ input: { deviation: [0, 0, 0] } }, "input.deviation is [0,0,0]. Pixels are divided by the deviation"],
    [{ input: { deviation: [0.2, -0.2, 0.2] } }, "it is greater than 0"],
    [{ models: { student: { input: { deviation: [0.5, 0.5, 0] } } } }, "models.student.input.deviation is [0.5,0.5,0]"],
    [{ input: { mean: [-0.5, 0, 0] } }, "A mean of pixels in [0, 1] is not below 0"],
  ] as const)("is refused where no pixels have such a mean or deviation: %j", (config, text) => {
    refuse(config).toThrow(text);
  });

  test("is not: pixels as they are, from −1 to 1, or in steps of 255", () => {
    for (const [mean, deviation] of [
      [0, 1],
      [0.5, 0.5],
      [1, 1],
      [0, 1 / 255],
    ] as const)
      expect(
        resolve(layer("a", { input: { mean: [mean, mean, mean], deviation: [deviation, deviation, deviation] } }))
          .stages.student?.input.deviation,
      ).toEqual([deviation, deviation, deviation]);
  });

  test("is refused for a stage that the preset does not have", () => {
    refuse({ stages: { techer: {} } }).toThrow(
      'no stage is registered as "techer". Registered: teacher, student. Did you mean "teacher"?',
    );
  });
});

describe("options of plugins", () => {
  const strength = definePlugin<{ readonly strength?: number }>({
    name: "strength",
    defaults: { strength: 1 },
    apply: () => {},
  });

  test("are replaced by config, under the plugin's name", () => {
    const config = { options: { strength: { strength: 0.5 } } };
    expect(createTraining({ plugins: [strength({ strength: 2 })], config }).plugins[0]?.options).toEqual({
      strength: 0.5,
    });
  });

  test("that the plugin does not have are refused", () => {
    const config = { options: { strength: { strenght: 0.5 } } };
    expect(() => createTraining({ plugins: [strength()], config })).toThrow('Did you mean "strength"?');
  });
});
