/** Exports of calibrated models: what they answer is what `fgkd predict` answers. */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerInPython } from "../../../core/export/answer-in-python.js";
import { onnx } from "../../../core/export/onnx.js";
import { tfjs } from "../../../core/export/tfjs.js";
import {
  createRandom,
  type Exporter,
  type ExportOptions,
  exportModel,
  findModels,
  keepCalibration,
  loadModel,
  type ModelCalibration,
  openTensorFile,
} from "../../../core/index.js";
import { answerBy } from "../../../core/measures/answering.js";
import { readMetadata } from "../../../core/onnx/model-proto.js";
import { alone, createHome, type Home, members, plugins, trained } from "../prediction/pictures.js";

let home: Home;
let plain = "";
let run = "";
let photos: readonly string[] = [];
const calibration: ModelCalibration = {
  models: ["student"],
  ensembler: null,
  testTime: null,
  temperature: 0.37,
  error: 0.1,
  split: "validation",
  images: 40,
  thresholds: [0.765, null],
  ranks: [{ rank: "order", groups: ["songbird", "songbird"], threshold: 0.5 }],
};

/** A copy of a run whose file says this. */
function calibrated(name: string, said: ModelCalibration = calibration, from = plain): string {
  const place = join(home.path, name);
  cpSync(from, place, { recursive: true });
  keepCalibration(findModels(place, said.models), said);
  return place;
}

beforeAll(async () => {
  home = await createHome();
  plain = await trained(home, alone);
  run = calibrated("calibrated");
  photos = ["finch/0.png", "finch/1.jpeg", "wren/2.png", "wren/4.png"].map((name) => join(home.photos, "test", name));
}, 60_000);
afterAll(() => home.remove());

let places = 0;
const exported = (to: string | Exporter, options: Partial<ExportOptions> = {}, from = run) =>
  exportModel(from, { to, out: join(home.path, `exported-${places++}`), plugins, engine: null, ...options });

/** What an exported file answers of images that are alike in all of them. */
async function answersOf(exporter: Exporter, place: string) {
  const asked = await exporter.open(place, undefined as never);
  const values = createRandom(5).normals(3 * 16 * 16 * 3);
  const images = tf.tensor4d(
    Float32Array.from(values, (value) => 0.5 + 0.1 * value),
    [3, 16, 16, 3],
  );
  const answers = await asked.answers(images);
  images.dispose();
  await asked.close();
  return answers;
}

function softmax(logits: Float32Array, temperature: number): number[] {
  const rows = Array.from({ length: logits.length / 2 }, (_, row) => [...logits.subarray(2 * row, 2 * row + 2)]);
  return rows.flatMap((row) => {
    const raised = row.map((logit) => Math.exp(logit / temperature));
    return raised.map((one) => one / ((raised[0] as number) + (raised[1] as number)));
  });
}

describe.each([
  ["onnx", onnx],
  ["tfjs", tfjs],
] as const)("a calibrated model for %s", (to, exporter) => {
  test("gives its logits as they are, and beside them probabilities at its temperature", async () => {
    const report = await exported(to);
    expect(report.calibration).toEqual(calibration);
    const [own, before] = [
      await answersOf(exporter, report.place),
      await answersOf(exporter, (await exported(to, {}, plain)).place),
    ];
    expect(own.logits).toEqual(before.logits);
    const apart = (values: Float32Array | undefined, right: readonly number[]) =>
      Math.max(...right.map((value, at) => Math.abs(value - (values?.[at] as number))));
    expect(apart(own.probabilities, softmax(own.logits, calibration.temperature))).toBeLessThan(1e-6);
    expect(apart(before.probabilities, softmax(own.logits, 1))).toBeLessThan(1e-6);
    expect(apart(own.probabilities, softmax(own.logits, 1))).toBeGreaterThan(1e-3);
  });

  test("is not written where its probabilities are of another temperature", async () => {
    const wrong: Exporter = {
      ...exporter,
      write: (subject, place) => {
        const constants = new Map(subject.graph.constants);
        constants.set("probabilities.temperature", { shape: [], data: Float32Array.of(0.5) });
        return exporter.write({ ...subject, graph: { ...subject.graph, constants } }, place);
      },
    };
    await expect(exported(wrong)).rejects.toThrow(
      /^FGKD_EXPORT_MISMATCH .*its probabilities differ by up to .* at a temperature of 0\.37/,
    );
  });
});

describe("an export", () => {
  test("says how far the model is to be believed, for those who ask it elsewhere", async () => {
    const metadata = readMetadata(readFileSync((await exported("onnx")).place));
    expect(JSON.parse(metadata.calibration ?? "")).toEqual(calibration);
    expect(JSON.parse(metadata.fgkd ?? "").calibration).toEqual(calibration);
  });

  test("leaves the calibration out where it is told to", async () => {
    const { place, calibration } = await exported("onnx", { calibrated: false });
    expect(calibration).toBeNull();
    expect(readMetadata(readFileSync(place)).calibration).toBeUndefined();
    const { logits, probabilities } = await answersOf(onnx, place);
    expect(Math.abs((probabilities?.[0] as number) - (softmax(logits, 1)[0] as number))).toBeLessThan(1e-6);
  });

  test("says that a calibration for other views, or for an ensemble, does not hold for images as they are", async () => {
    const told: string[] = [];
    const logger = { info: () => {}, warn: (words: string) => told.push(words) };
    const flipped = calibrated("flipped", { ...calibration, testTime: "flip" });
    expect((await exported("onnx", { logger }, flipped)).calibration).toBeNull();
    const both = { ...calibration, models: ["member-1", "member-2"], ensembler: "mean-logits" };
    const ensemble = calibrated("both", both, await trained(home, members));
    expect((await exported("onnx", { logger, role: "member-2" }, ensemble)).calibration).toBeNull();
    expect(told).toEqual([
      expect.stringContaining("Calibrated for student, flip, and asked for student:"),
      expect.stringContaining("Calibrated for mean-logits of member-1, member-2, and asked for member-2:"),
    ]);
  });

  test("for PyTorch is believed by fgkd as the run's own file is, and shows how to answer", async () => {
    const { place, loader } = await exported("torch", { out: join(home.path, "student.pt") });
    const file = join(home.path, "apart.safetensors");
    copyFileSync(join(run, "models/student.safetensors"), file);
    const both = await Promise.all([place, file].map((path) => loadModel(path, { plugins, engine: null })));
    const [own, theirs] = await Promise.all(both.map((model) => model.answer(photos)));
    expect(own).toEqual(theirs);
    expect(new Set(own?.map(({ kind }) => kind)).size).toBeGreaterThan(1);
    for (const model of both) await model.dispose();
    expect(JSON.parse(openTensorFile(place).metadata.calibration ?? "")).toEqual(calibration);
    expect(loader).toContain(answerInPython);
    expect(readFileSync(new URL("../../../docs/guides/export.md", import.meta.url), "utf8")).toContain(answerInPython);
    const { loader: shorter } = await exported("torch", {}, plain);
    expect(shorter).not.toContain("def answer");
  });
});

const hasPython = (() => {
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(!hasPython)("the lines of Python answer as fgkd does: classes, groups of them, and nothing", () => {
  const random = createRandom(11);
  const classes = ["vine", "regular", "lemon", "lime"];
  const ranks = [
    { rank: "fruit", groups: ["tomato", "tomato", "lemon", "lime"], threshold: 0.7 },
    { rank: "kind", groups: ["tomato", "tomato", "citrus", "citrus"], threshold: 0.8 },
  ];
  const rule = { temperature: 0.8, thresholds: [0.6, null, 0.5, 0.9], ranks };
  const rows = Array.from({ length: 200 }, () => [...random.normals(4)]);
  const said = rows.map((row) => {
    const raised = row.map((logit) => Math.exp((logit - Math.max(...row)) / rule.temperature));
    const total = raised.reduce((sum, one) => sum + one, 0);
    const answer = answerBy(
      rule,
      Float64Array.from(raised, (one) => one / total),
      row.indexOf(Math.max(...row)),
      classes,
    );
    const label = answer.kind === "unknown" ? "unknown" : answer.label;
    return [answer.kind === "rank" ? `${label} (${answer.rank})` : label, answer.probability];
  });
  const code = `${answerInPython}
import json, sys
rows, classes, calibration = json.load(sys.stdin)
print(json.dumps([answer(row, classes, calibration) for row in rows]))`;
  const input = JSON.stringify([rows, classes, rule]);
  const heard = JSON.parse(execFileSync("python3", ["-c", code], { input, encoding: "utf8" }));
  expect(heard.map(([words]: [string]) => words)).toEqual(said.map(([words]) => words));
  for (const [at, [, share]] of heard.entries()) expect(share).toBeCloseTo(said[at]?.[1] as number, 12);
  expect(new Set(heard.map(([words]: [string]) => words))).toEqual(
    new Set(["vine", "lemon", "lime (fruit)", "tomato (fruit)", "citrus (kind)", "unknown"]),
  );
});
