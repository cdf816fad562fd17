import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeSafetensors } from "../../../core/formats/safetensors.js";
import { classesInWeights, inputInWeights } from "../../../core/models/about-weights.js";
import { cropFor, cropWarnings } from "../../../core/models/file-crop.js";

let folder: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fgkd-description-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const imageNet = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

/** A file of no tensors, in a folder of its own, with what lies beside it. */
function weights(metadata: Readonly<Record<string, string>>, config?: unknown): string {
  const own = mkdtempSync(join(folder, `${count++}-`));
  const file = join(own, "model.safetensors");
  writeFileSync(file, Buffer.concat([...encodeSafetensors({ tensors: new Map(), metadata })]));
  if (config !== undefined)
    writeFileSync(join(own, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
  return file;
}

const cfg = { input_size: [3, 224, 224], mean: imageNet.mean, std: imageNet.deviation, crop_pct: 0.875 };
const asInput = { ...imageNet, size: 224, cropFraction: 0.875 };

describe("what a file of weights says of its input", () => {
  test("stands in the config.json beside it, in pretrained_cfg or flat", () => {
    const nested = {
      architecture: "resnet18",
      pretrained_cfg: { ...cfg, interpolation: "bicubic", crop_mode: "squash" },
    };
    expect(inputInWeights(weights({}, nested))).toEqual({ ...asInput, interpolation: "bicubic", cropMode: "squash" });
    expect(inputInWeights(weights({}, { architecture: "resnet18", ...cfg }))).toEqual(asInput);
  });

  test("is left alone where that is no description of a model", () => {
    for (const other of [{ ...cfg }, { architectures: ["x"], ...cfg }, "no JSON", []])
      expect(inputInWeights(weights({}, other))).toBeUndefined();
  });

  test("stands in plain entries of its own text", () => {
    const entries = {
      mean: "[0.485, 0.456, 0.406]",
      std: "[0.229, 0.224, 0.225]",
      input_size: "[3, 224, 224]",
      crop_pct: "0.875",
      interpolation: "bilinear",
      label_names: '["tench", "goldfish"]',
    };
    expect(inputInWeights(weights(entries))).toEqual({ ...asInput, interpolation: "bilinear" });
    expect(classesInWeights(weights(entries))).toEqual(["tench", "goldfish"]);
  });

  test("counts part by part: a run's word first, then the file's text, then the config.json", () => {
    const fgkd = JSON.stringify({ input: { size: 96 }, classes: ["a"] });
    const beside = { architecture: "x", ...cfg, label_names: ["c"] };
    const file = weights({ fgkd, mean: "[0.5, 0.5, 0.5]", label_names: '["b"]' }, beside);
    expect(inputInWeights(file)).toEqual({ ...asInput, mean: [0.5, 0.5, 0.5], size: 96 });
    expect(classesInWeights(file)).toEqual(["a"]);
    expect(classesInWeights(weights({ label_names: '["b"]' }, beside))).toEqual(["b"]);
    expect(classesInWeights(weights({}, beside))).toEqual(["c"]);
  });

  test.each([
    [{ mean: [123, 116, 103] }, /config\.json: says that the input's mean is \[123.*divide by 255/],
    [{ std: [0, 1, 1] }, /deviation is \[0,1,1\]/],
    [{ crop_pct: 0 }, /crop_pct is 0/],
    [{ crop_mode: "middle" }, /crop_mode is "middle"/],
    [{ input_size: [1, 28, 28] }, /input_size is \[1,28,28\].*three channels/],
  ])("%o is refused", (said, words) => {
    const problem = () => inputInWeights(weights({}, { architecture: "x", pretrained_cfg: said }));
    expect(problem).toThrow("FGKD_CORRUPT_FILE");
    expect(problem).toThrow(words);
  });

  test("may name its classes in a dictionary that has gaps", () => {
    const named = (label_names: unknown, num_classes?: number) =>
      classesInWeights(weights({}, { architecture: "x", label_names, num_classes }));
    expect(named({ 0: "cat", 2: "dog" }, 4)).toEqual(["cat", "row 1, without a name", "dog", "row 3, without a name"]);
    expect(named({ 1: "dog" })).toEqual(["row 0, without a name", "dog"]);
    expect(named({ 9999999: "far" }, 10 ** 9)).toBeUndefined();
    expect(named([])).toBeUndefined();
  });
});

describe("the part of a picture that weights were made for", () => {
  const home = { resize: 256, fit: "shorter", crop: 256 } as const;

  test("is cut out of the stage's images where these show more of it", () => {
    expect(cropFor({ cropFraction: 0.875, size: 224 }, home)).toBe(224);
    expect(cropFor({ cropFraction: 0.875, size: 224 }, { ...home, crop: 224 })).toBeUndefined();
    expect(cropFor({ cropFraction: 0.5, size: 224 }, home)).toBeUndefined();
    expect(cropFor({ cropFraction: 0.875, cropMode: "squash" }, home)).toBeUndefined();
    expect(cropFor({ cropFraction: 0.875, cropMode: "squash" }, { ...home, fit: "warp" })).toBe(224);
    expect(cropFor({ cropFraction: 0.875 }, { ...home, transforms: { test: [] } })).toBeUndefined();
    expect(cropFor({}, home)).toBeUndefined();
  });

  test("is told where they show another one, with the settings that would show it", () => {
    const told = (file: object, images: object = {}) => cropWarnings("teacher", "w", file, { ...home, ...images });
    expect(told({ cropFraction: 0.875, size: 224 })).toEqual([]);
    expect(told({ size: 224 })).toEqual([]);
    expect(told({ cropFraction: 1, size: 288 }, { crop: 224 })).toEqual([
      "teacher: w was made for the middle 1 of pictures; input.resize 288, input.crop 288 would show that. The stage's images show 0.875 (fit shorter).",
    ]);
    expect(told({ cropFraction: 1, cropMode: "squash", size: 384 }).join()).toContain(
      "input.fit warp, input.resize 384",
    );
    expect(told({ cropFraction: 1, cropMode: "border" }).join()).toContain("center-crop with fill mean");
  });
});
