import { cpSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findModels, keepCalibration } from "../../../core/index.js";
import { readMetadata } from "../../../core/onnx/model-proto.js";
import { alone, createHome, type Home, trained } from "../prediction/pictures.js";
import { createWorld } from "./world.js";

let home: Home;
let run = "";
beforeAll(async () => {
  home = await createHome();
  run = await trained(home, alone);
}, 60_000);
afterAll(() => home.remove());

const createPictureWorld = () => createWorld({ presets: [alone] });

describe("fgkd export", () => {
  test("writes the student of a run here, and tells how near its answers are", async () => {
    const world = await createPictureWorld();
    expect(await world.fgkd(`export ${run} --to onnx`)).toBe(0);
    expect(world.out).toMatch(
      /^.*student\.onnx: 2 classes\nCompared on 10 images of the run's test split: logits differ by/,
    );
    expect(existsSync(join(world.cwd, "student.onnx"))).toBe(true);
  });

  test("does not write over what is there, and then takes another place, with fewer bits and a licence", async () => {
    const world = await createPictureWorld();
    await world.fgkd(`export ${run} --to onnx`);
    expect(await world.fgkd(`export ${run} --to onnx`)).toBe(1);
    expect(world.err).toMatch(/FGKD_PATH .*something already\. .*name another place with\s+--out/);
    expect(await world.fgkd(`export ${run} --to onnx --out small/birds.onnx --precision fp16 --license MIT`)).toBe(0);
    const [whole, small] = ["student.onnx", "small/birds.onnx"].map((name) => join(world.cwd, name));
    expect(statSync(small as string).size).toBeLessThan(statSync(whole as string).size);
    expect(readMetadata(readFileSync(small as string)).license).toBe("MIT");
  });

  test("compares on the images that it is given, as many as it is told", async () => {
    const world = await createPictureWorld();
    expect(
      await world.fgkd(`export ${run} --to onnx --data ${home.photos}/test/wren ${home.photos}/test/finch/0.png`),
    ).toBe(0);
    expect(world.out).toContain("Compared on 6 given images");
    expect(await world.fgkd(`export ${run} --to onnx -o few.onnx --data ${home.photos}/test --images 2`)).toBe(0);
    expect(world.out).toContain("Compared on 2 given images");
    expect(await world.fgkd(`export ${run} --to onnx -o none.onnx --data ${run}/models`)).toBe(1);
    expect(world.err).toContain("no image among what is given");
  });

  test("takes the calibration along, and says so, unless it is told to leave it out", async () => {
    const world = await createPictureWorld();
    const own = join(world.cwd, "run");
    cpSync(run, own, { recursive: true });
    const asked = { models: ["student"], ensembler: null, testTime: null, split: "given", images: 26 } as const;
    keepCalibration(findModels(own), { ...asked, temperature: 1.375, error: 0.1, thresholds: [0, 0], ranks: [] });
    expect(await world.fgkd(`export ${own} --to onnx`)).toBe(0);
    expect(world.out).toContain("student.onnx: 2 classes, calibrated: temperature 1.38\n");
    expect(await world.fgkd(`export ${own} --to onnx -o plain.onnx --uncalibrated`)).toBe(0);
    expect(world.out).toContain("plain.onnx: 2 classes\n");
    const [one, other] = ["student.onnx", "plain.onnx"].map((name) =>
      readMetadata(readFileSync(join(world.cwd, name))),
    );
    expect(JSON.parse(one?.calibration ?? "").temperature).toBe(1.375);
    expect(other?.calibration).toBeUndefined();
  });

  test("goes without a comparison where it is told to, and says so", async () => {
    const world = await createPictureWorld();
    expect(await world.fgkd(`export ${run} --to onnx --unchecked`)).toBe(0);
    expect(world.err).toContain("Nobody has compared");
    expect(world.out).not.toContain("Compared");
  });

  test("needs to be told for what, and knows which", async () => {
    const world = await createPictureWorld();
    expect(await world.fgkd(`export ${run}`)).toBe(1);
    expect(world.err).toContain("--to <format>");
    expect(await world.fgkd(`export ${run} --to coreml`)).toBe(1);
    expect(world.err).toContain("onnx");
  });
});
