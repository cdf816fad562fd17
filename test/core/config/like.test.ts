import { describe, expect, test } from "vitest";
import { type Config, resolveConfig, type SettingsLayer } from "../../../core/index.js";

const layer = (origin: string, models: object): SettingsLayer => ({ origin, config: { models } as Config });
const resolve = (...layers: SettingsLayer[]) => resolveConfig(["student"], layers);

const preset = layer("preset", {
  student: { backbone: { name: "resnet50" }, input: { size: 128 } },
  baseline: { like: "student" },
  teacher: { like: "student", backbone: { head: "squeeze-excite" }, input: {} },
});

describe("a role that is like another", () => {
  test("has that one's backbone, weights and input, and its own word on top", () => {
    const { models } = resolve(preset).run;
    expect(models.baseline).toEqual({ backbone: { name: "resnet50" }, input: { size: 128 } });
    expect(models.teacher).toEqual({
      backbone: { name: "resnet50", head: "squeeze-excite" },
      input: {},
    });
  });

  test("follows what a later layer says of that one", () => {
    const later = layer("--set", { student: { backbone: { name: "resnet18" }, weights: "r18.pth" } });
    for (const models of [resolve(preset, later).run.models, resolve(preset, later).stages.student?.models]) {
      expect(models?.baseline).toMatchObject({ backbone: { name: "resnet18" }, weights: "r18.pth" });
      expect(models?.teacher).toMatchObject({
        backbone: { name: "resnet18", head: "squeeze-excite" },
        weights: "r18.pth",
      });
    }
  });

  test("is what it is named to be, and without weights where these are null", () => {
    const named = layer("--set", {
      student: { backbone: { name: "resnet18" }, weights: "r18.pth" },
      teacher: { backbone: { name: "resnet34" }, weights: null },
    });
    const { teacher } = resolve(preset, named).run.models;
    expect(teacher).toEqual({ backbone: { name: "resnet34" }, weights: null, input: {} });
  });

  test("keeps its options where it is named as that one is", () => {
    const named = layer("--set", {
      student: { backbone: { name: "resnet18" } },
      teacher: { backbone: { name: "resnet18" } },
    });
    expect(resolve(preset, named).run.models.teacher?.backbone).toEqual({ name: "resnet18", head: "squeeze-excite" });
  });

  test("has no part of that one's input where its own is empty, and all that it does not say itself else", () => {
    const said = layer("file", { baseline: { input: { crop: 64 } }, teacher: { input: { crop: 96 } } });
    const { models } = resolve(preset, said).run;
    expect(models.baseline?.input).toEqual({ size: 128, crop: 64 });
    expect(models.teacher?.input).toEqual({ crop: 96 });
  });

  test("tells where what it follows was said", () => {
    const { origins } = resolve(preset, layer("--set", { student: { backbone: { name: "resnet18" } } }));
    expect(origins.get("models.teacher.backbone.name")).toBe("--set");
    expect(origins.get("models.teacher.backbone.head")).toBe("preset");
  });

  test("is refused where that one does not exist, or is like it", () => {
    expect(() => resolve(layer("file", { student: { like: "techer" }, teacher: {} }))).toThrow(
      /no model role is registered as "techer".*teacher/s,
    );
    expect(() => resolve(layer("file", { student: { like: "teacher" }, teacher: { like: "student" } }))).toThrow(
      "models.teacher.like: student is like teacher is like student. Let one of them say its backbone itself.",
    );
  });
});
