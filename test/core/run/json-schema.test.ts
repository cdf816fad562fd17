import { describe, expect, test } from "vitest";
import { z } from "zod";
import { configJsonSchema, createTraining } from "../../../core/index.js";
import { catalogue } from "../../../plugins/index.js";

const schema = configJsonSchema(createTraining({ plugins: [catalogue()] }));
// A reader of JSON Schema that knows nothing of how it was made.
const check = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);

describe("the JSON Schema of a configuration file", () => {
  test.each([
    {
      epochs: 3,
      optimizer: { name: "sgd", momentum: 0.9, learningRate: 0.1, schedule: { name: "cosine", minimum: 0 } },
    },
    {
      losses: [
        { name: "cross-entropy", smoothing: 0.1, weight: 0.7 },
        { name: "logit-distillation", temperature: 3 },
      ],
    },
    { augmenters: [{ name: "cutmix", alpha: 1 }], stages: { student: { optimizer: { learningRate: 0.1 } } } },
    { models: { student: { backbone: { name: "resnet", depths: [1], widths: [4] } } }, data: null },
    { engine: "wasm", $schema: "fgkd.schema.json", preset: "kd" },
    { engine: { name: "onednn", layout: "plain" }, evaluation: { metrics: [{ name: "top-5", k: 3 }] } },
  ])("takes what fgkd takes: %j", (config) => {
    expect(check.safeParse(config).error?.issues ?? []).toEqual([]);
  });

  test.each([
    [{ epochs: -1 }, "a number out of range"],
    [{ losses: [{ name: "cross-entropy", smoothing: 2 }] }, "an option out of range"],
    [{ losses: [{ name: "cross-entropi" }] }, "a name that nobody registered"],
    [{ augmenters: [{ name: "cutmix", alfa: 1 }] }, "a mistyped option"],
    [{ augmenters: [{ alpha: 1 }] }, "a line without a name"],
    [{ stages: { student: { losses: [{ name: "hint", student: 1 }] } } }, "the same within a stage"],
    [{ models: { student: { backbone: { name: "resnet18", head: "gap" } } } }, "an option of a backbone"],
    [{ epoch: 3 }, "a mistyped setting"],
  ] as readonly (readonly [object, string])[])("refuses %j: %s", (config) => {
    expect(check.safeParse(config).success).toBe(false);
  });
});
