import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { definePlugin, definePreset } from "../../../core/index.js";
import { ensemblers } from "../../../plugins/ensemblers/index.js";
import { averagedWeights, optimizers } from "../../../plugins/optimizers/index.js";
import { toy, toyLoss, toySettings } from "../../support/toy.js";
import { createWorld, toyEnsemble, toyPreset } from "./world.js";

describe("fgkd", () => {
  test("alone tells what there is", async () => {
    const world = await createWorld();
    expect(await world.fgkd("")).toBe(0);
    for (const word of ["train", "eval", "list", "config", "doctor"]) expect(world.out).toContain(word);
  });

  test("--version tells package.json's", async () => {
    const world = await createWorld();
    const { version } = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8"));
    expect(await world.fgkd("--version")).toBe(0);
    expect(world.out).toBe(`${version}\n`);
  });

  test.each([
    ["evla", "Did you mean eval?"],
    ["--preste toy", "Did you mean --preset?"],
    ["--preset toy --epochs many", "whole number"],
    ["--preset toy --scale big", "demo, paper"],
    ["--preset toy surplus", "too many arguments"],
    ["eval", "missing required argument"],
  ])("%s is refused: %s", async (line, message) => {
    const world = await createWorld();
    expect(await world.fgkd(line)).toBe(1);
    expect(world.err).toContain(message);
    expect(world.out).toBe("");
  });

  test("tells causes and stacks with FGKD_TRACE=errors", async () => {
    const world = await createWorld({ variables: { FGKD_TRACE: "errors" } });
    await world.fgkd("--preset nothing-like-it");
    expect(world.err).toContain("    at ");
  });
});

describe("fgkd list", () => {
  test("lists presets with summaries and the names of every registry", async () => {
    const world = await createWorld();
    expect(await world.fgkd("list")).toBe(0);
    expect(world.out).toMatch(/^ {2}toy {2}a linear student and its teacher$/m);
    expect(world.out).toContain("toy-linear");
    expect(world.out).toContain("toy-points");
    expect(world.out).toMatch(/^ {2}cpu +can run here$/m);
    expect(world.out).toMatch(/^ {2}tensorflow +cannot run here/m);
  });
});

describe("fgkd doctor", () => {
  test("tells versions, and of each engine what is missing and what cures it", async () => {
    const world = await createWorld();
    expect(await world.fgkd("doctor")).toBe(0);
    expect(world.out).toContain(process.version);
    expect(world.out).toMatch(/^sharp +\d.*libvips \d/m);
    expect(world.out).toMatch(/^tfjs +4\./m);
    expect(world.out).toMatch(/^JPEGs +by sharp; libjpeg-turbo would .*: it was not built\n +cure: build it$/m);
    expect(world.out).toMatch(/^✘ tensorflow +its library is not here\n +cure: npm install it$/m);
    expect(world.out).toMatch(/^✔ cpu +plain JavaScript$/m);
    expect(world.out).toContain("fgkd will run on cpu.");
  });
});

describe("fgkd build-engine", () => {
  test("says why an engine could not be built, and fails", async () => {
    const world = await createWorld();
    expect(await world.fgkd("build-engine tensorflow")).toBe(1);
    expect(world.out).toBe("tensorflow: no compiler\n");
  });

  test("has nothing to do for an engine without native parts", async () => {
    const world = await createWorld();
    expect(await world.fgkd("build-engine cpu")).toBe(0);
    expect(world.out).toContain("nothing to build");
  });

  test("refuses an engine that nobody registers", async () => {
    const world = await createWorld();
    expect(await world.fgkd("build-engine onedn")).toBe(1);
    expect(world.err).toContain("FGKD_UNKNOWN_NAME");
  });
});

/** A student that is taught by points out of thin air. */
const withoutData = definePreset({
  name: "toy-without-data",
  summary: "no data at all",
  plugins: [toy(), optimizers()],
  stages: {
    student: {
      trains: "student",
      data: "none",
      plugins: [
        definePlugin({
          name: "thin-air",
          defaults: {},
          apply: ({ hooks }) =>
            hooks.batch.tap("thin-air", () => ({
              images: tf.ones([4, 2, 2, 1]),
              labels: tf.tensor2d([1, 0, 0, 1, 1, 0, 0, 1], [4, 2]),
            })),
        })(),
        toyLoss(),
      ],
    },
  },
  defaults: { ...toySettings, data: null },
});

describe("fgkd eval", () => {
  test("tells the accuracy that the run ended with, class by class", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet");
    const { stages } = JSON.parse(
      await readFile(join(world.cwd, "runs/toy-1/metrics.jsonl"), "utf8").then(
        (text) => `{"stages":[${text.trim().split("\n").join(",")}]}`,
      ),
    );
    const last = stages.at(-1).metrics.accuracy as number;
    expect(await world.fgkd("eval runs/toy-1 --per-class")).toBe(0);
    expect(world.out).toContain(`${last.toFixed(1)} % of 6 test images right: student of runs/toy-1`);
    expect(world.out).toMatch(/^class +images +right +accuracy +95 % interval +mostly taken for$/m);
    expect(world.out).toMatch(/^dark +\d+ +\d+ +[\d.]+ % +[\d.]+ to [\d.]+ %/m);
  });

  test("takes the split it is asked for, and refuses one that the data does not have", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet");
    expect(await world.fgkd("eval runs/toy-1 --split train")).toBe(0);
    expect(world.out).toMatch(/of 12 train images right: student of runs\/toy-1/);
    expect(await world.fgkd("eval runs/toy-1 --split validation")).toBe(1);
    expect(world.err).toContain('FGKD_INVALID_CONFIG stage "student": its data has no validation split');
  });

  test("tells the other metrics of the stage, too", async () => {
    const world = await createWorld();
    const metrics = JSON.stringify([{ name: "top-1" }, { name: "toy-doubt" }]);
    await world.fgkd(`--preset toy --quiet --set evaluation.metrics=${metrics}`);
    expect(await world.fgkd("eval runs/toy-1")).toBe(0);
    expect(world.out).toMatch(/^mean doubt: 0\.\d\d$/m);
  });

  test("averages over mirror images where the run's own tests did, and where it is asked to", async () => {
    const world = await createWorld({ presets: [toyPreset, toyEnsemble] });
    const doubts = JSON.stringify([{ name: "top-1" }, { name: "toy-doubt" }]);
    const metrics = `optimizer.learningRate=3 --set evaluation.metrics=${doubts}`;
    const doubt = async (words: string) => {
      const before = world.out.length;
      expect(await world.fgkd(`eval runs/${words}`), world.err).toBe(0);
      return world.out.slice(before).match(/student of runs.*|mean doubt: .*/g);
    };
    await world.fgkd(`--preset toy --quiet --set ${metrics}`);
    await world.fgkd(`--preset toy --quiet --set ${metrics} --set evaluation.testTime=flip`);
    const epochs = (await readFile(join(world.cwd, "runs/toy-2/metrics.jsonl"), "utf8")).trim().split("\n");
    const { metrics: last } = JSON.parse(epochs.at(-1) as string);
    const [plain, told] = [await doubt("toy-1"), await doubt("toy-2")];
    expect(plain?.[0]).toBe("student of runs/toy-1, engine cpu");
    expect(told).toEqual(["student of runs/toy-2, flip, engine cpu", `mean doubt: ${last.meanDoubt.toFixed(2)}`]);
    // The same weights, seen once as they are, once mirrored as well.
    expect(plain?.[1]).not.toBe(told?.[1]);
    expect((await doubt("toy-2 --tta none"))?.[1]).toBe(plain?.[1]);
    expect((await doubt("toy-1 --tta flip"))?.[1]).toBe(told?.[1]);
    await world.fgkd("--preset toy-ensemble --quiet");
    expect(await world.fgkd("eval runs/toy-ensemble-1 --tta flip --ensembler majority-vote"), world.err).toBe(0);
    expect(world.out).toContain("majority-vote of member-1, member-2 of runs/toy-ensemble-1, flip, engine cpu");
  });

  test("refuses views that there are not, and ten crops of pictures that are no larger than one", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet --set input.resize=2 --set input.crop=2");
    expect(await world.fgkd("eval runs/toy-1 --tta mirror")).toBe(1);
    expect(world.err).toContain("Allowed choices are none, flip, ten-crops");
    expect(await world.fgkd("eval runs/toy-1 --tta ten-crops")).toBe(1);
    expect(world.err).toContain("(input.resize 2, input.crop 2)");
    const asked = "--set input.resize=2 --set input.crop=2 --set evaluation.testTime=ten-crops";
    expect(await world.fgkd(`--preset toy --quiet ${asked}`)).toBe(1);
    expect(world.err).toContain('FGKD_INVALID_CONFIG stage "teacher": evaluation.testTime is "ten-crops"');
    expect(await readdir(join(world.cwd, "runs"))).toEqual(["toy-1"]);
  });

  test("tests several models as an ensemble, and all that were trained where there is no student", async () => {
    const world = await createWorld({ presets: [toyPreset, toyEnsemble] });
    await world.fgkd("--preset toy --quiet");
    expect(await world.fgkd("eval runs/toy-1 --role teacher,student --ensembler majority-vote")).toBe(0);
    expect(world.out).toContain("majority-vote of teacher, student of runs/toy-1");
    await world.fgkd("--preset toy-ensemble --quiet");
    expect(await world.fgkd("eval runs/toy-ensemble-1")).toBe(0);
    expect(world.out).toContain("mean-logits of member-1, member-2 of runs/toy-ensemble-1");
    expect(await world.fgkd("eval runs/toy-ensemble-1 --ensembler median")).toBe(1);
    expect(world.err).toContain('no ensembler is registered as "median"');
  });

  test("tests the weights that the run's own tests saw, unless told which", async () => {
    const averaged = definePreset({
      ...toyPreset,
      name: "toy-averaged",
      plugins: [toy(), optimizers(), ensemblers(), averagedWeights()],
    });
    const world = await createWorld({ presets: [averaged] });
    // An average that has hardly moved, of weights that have: the two do not answer alike.
    const set = "--set evaluation.weights=ema --set optimizer.learningRate=1";
    expect(await world.fgkd(`--preset toy-averaged --quiet ${set}`)).toBe(0);
    expect(await readdir(join(world.cwd, "runs/toy-averaged-1/models"))).toEqual([
      "student-ema.safetensors",
      "student.safetensors",
      "teacher-ema.safetensors",
      "teacher.safetensors",
    ]);
    const { stages } = JSON.parse(await readFile(join(world.cwd, "runs/toy-averaged-1/result.json"), "utf8"));
    expect(await world.fgkd("eval runs/toy-averaged-1")).toBe(0);
    expect(world.out).toContain(
      `${stages.at(-1).best.toFixed(1)} % of 6 test images right: student-ema of runs/toy-averaged-1`,
    );
    expect(await world.fgkd("eval runs/toy-averaged-1 --role student@raw")).toBe(0);
    expect(world.out).toMatch(/test images right: student of runs\/toy-averaged-1/);
    expect(await world.fgkd("eval runs/toy-averaged-1 --role student@swa")).toBe(1);
    expect(world.err).toContain("student-swa");
  });

  test("asks for images where the run had none to be tested on", async () => {
    const world = await createWorld({ presets: [withoutData] });
    expect(await world.fgkd("--preset toy-without-data --quiet")).toBe(0);
    expect(await world.fgkd("eval runs/toy-without-data-1")).toBe(1);
    expect(world.err).toContain("FGKD_NO_DATA");
    expect(world.err).toContain("--data");
  });

  test("refuses a role that the run has no model of", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet");
    expect(await world.fgkd("eval runs/toy-1 --role techer")).toBe(1);
    expect(world.err).toContain("techer");
    expect(world.err).not.toContain("    at ");
  });
});
