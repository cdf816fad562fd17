/** `fgkd calibrate`, on a network that was trained for a moment: what it keeps, and what `fgkd predict` and `fgkd eval` make of it. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { calibrationsOf, findModels, loadModel, openTensorFile, readSafetensors } from "../../../../core/index.js";
import { digestOfFile } from "../../../../core/store/checkpoint-format.js";
import { weightsOf } from "../../../../core/store/weights-record.js";
import { alone, createHome, type Home, heard, members, noise, plugins, trained } from "../../prediction/pictures.js";
import { createWorld, type World } from "../world.js";

let home: Home;
let run = "";
let ensemble = "";
let photos = "";
beforeAll(async () => {
  home = await createHome();
  run = await trained(home, alone);
  ensemble = await trained(home, members);
  photos = join(home.path, "more");
  for (const name of ["finch", "wren"]) {
    mkdirSync(join(photos, name), { recursive: true });
    for (let at = 0; at < 13; at++) await noise(`more/${name}/${at}`, 24, 24).toFile(join(photos, name, `${at}.png`));
  }
}, 60_000);
afterAll(() => home.remove());

/** A world with a run of its own, to write into. */
async function withRun(from: string): Promise<{ readonly world: World; readonly place: string }> {
  const world = await createWorld({ presets: [alone, members] });
  const place = join(world.cwd, "run");
  cpSync(from, place, { recursive: true });
  return { world, place };
}

/** What a command prints that goes well. */
async function said(world: World, line: string): Promise<string> {
  const before = world.out.length;
  expect(await world.fgkd(line), world.err).toBe(0);
  return world.out.slice(before);
}

interface Line {
  readonly image: string;
  readonly answer?: { readonly kind: string; readonly label?: string; readonly probability: number };
  readonly guesses: readonly { readonly label: string; readonly probability: number }[];
}

async function predicted(world: World, words: string): Promise<readonly Line[]> {
  const text = await said(world, `predict ${words} --format jsonl`);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

const of = ({ guesses }: Line, name: string) => guesses.find(({ label }) => label === name)?.probability as number;
const classOf = ({ image }: Line) => image.split("/").at(-2) as string;

describe("fgkd calibrate", () => {
  test("finds the temperature that makes the probabilities best, and predict and eval take it", async () => {
    const { world, place } = await withRun(run);
    const before = await predicted(world, `${place} ${photos}`);
    const told = await said(world, `calibrate ${place} --data ${photos} --error 0.3`);
    const [calibration] = calibrationsOf(findModels(place), 2);
    const { temperature = 0 } = calibration ?? {};
    expect(calibration).toMatchObject({
      models: ["student"],
      ensembler: null,
      testTime: null,
      split: "given",
      images: 26,
    });
    // Every temperature there is, on what predict said before; 1 where cross-validation found none to be better.
    const surprise = (inverse: number) =>
      before.reduce((sum, line) => {
        const powers = ["finch", "wren"].map((name) => of(line, name) ** inverse) as [number, number];
        return sum - Math.log(of(line, classOf(line)) ** inverse / (powers[0] + powers[1]));
      }, 0);
    const best = Math.min(...Array.from({ length: 961 }, (_, at) => surprise(2 ** ((at - 480) / 80))));
    if (told.includes("No temperature")) expect(temperature).toBe(1);
    else expect(surprise(1 / temperature)).toBeLessThanOrEqual(best + 1e-6);
    const after = await predicted(world, `${place} ${photos}`);
    for (const [at, line] of after.entries()) {
      const [finch, wren] = ["finch", "wren"].map((name) => of(before[at] as Line, name) ** (1 / temperature)) as [
        number,
        number,
      ];
      expect(of(line, "finch")).toBeCloseTo(finch / (finch + wren), 6);
    }
    expect(await predicted(world, `${place} ${photos} --uncalibrated`)).toEqual(before);
    heard.length = 0;
    const evaluated = await said(world, `eval ${place} --data ${photos} --json`);
    expect(heard).toEqual(after.map((line) => [of(line, "finch"), of(line, "wren")]));
    // What eval counts is what predict answers.
    const answers = after.filter(({ answer }) => answer?.kind === "class");
    const right = answers.filter((line) => line.answer?.label === classOf(line)).length;
    expect(JSON.parse(evaluated).runs[0].calibrated).toMatchObject({
      temperature,
      error: 0.3,
      coverage: { images: 26, classes: { images: answers.length, right }, ranks: [] },
    });
    expect(answers.length - right).toBeLessThanOrEqual(0.3 * answers.length);
    expect(told.replaceAll(/ +/g, " ")).toContain(`a class ${((100 * answers.length) / 26).toFixed(1)} %`);
  });

  test("leaves every weight as it is, and the file known to a run that begins with it", async () => {
    const { world, place } = await withRun(run);
    const file = join(place, "models/student.safetensors");
    const [tensors, digest, { metadata }] = [readSafetensors(file).tensors, digestOfFile(file), openTensorFile(file)];
    await said(world, `calibrate ${place} --data ${photos}`);
    await said(world, `calibrate ${place} --data ${photos} --tta flip --error 0.1`);
    await said(world, `calibrate ${place} --data ${photos} --error 0.2`);
    expect(readSafetensors(file).tensors).toEqual(tensors);
    expect(digestOfFile(file)).not.toBe(digest);
    expect(openTensorFile(file).metadata).toMatchObject(metadata);
    expect(weightsOf({ weights: new Map([["teacher", { file }]]) } as never)).toEqual({ teacher: digest });
    // One for each way of asking, the last of those for the same way.
    expect(calibrationsOf(findModels(place), 2).map(({ testTime, error }) => [testTime, error])).toEqual([
      ["flip", 0.1],
      [null, 0.2],
    ]);
    // A run that has ended and is taken up again ends with the same models.
    const calibrated = readFileSync(file);
    expect(await world.fgkd(`--resume ${place} --quiet`), world.err).toBe(0);
    expect(readFileSync(file)).toEqual(calibrated);
  });

  test("holds for the way in which models were asked, and says so where they are asked in another", async () => {
    const { world, place } = await withRun(ensemble);
    await said(world, `calibrate ${place} --data ${photos}`);
    const [line] = await predicted(world, `${place} ${photos}/finch/0.png`);
    expect(line?.answer).toBeDefined();
    expect(world.err).not.toContain("Calibrated for");
    const [other] = await predicted(world, `${place} ${photos}/finch/0.png --tta flip`);
    expect(other?.answer).toBeUndefined();
    expect(world.err).toContain(
      "warning Calibrated for mean-logits of member-1, member-2, and asked for mean-logits of member-1, member-2, flip: probabilities are as the network gives them.",
    );
    const [single] = await predicted(world, `${place} ${photos}/finch/0.png --role member-1`);
    expect(single?.answer).toBeUndefined();
  });

  test("lets predict answer unknown, as a paragraph, in a table of its own columns, and in code", async () => {
    const { world, place } = await withRun(run);
    await said(world, `calibrate ${place} --data ${photos} --error 0.01`);
    const file = join(place, "models/student.safetensors");
    const lines = await predicted(world, `${place} ${photos}`);
    const unknown = lines.find(({ answer }) => answer?.kind === "unknown") as Line;
    expect(unknown, "a network of a moment's training is never sure of all").toBeDefined();
    expect(await said(world, `predict ${place} ${unknown.image} --top 1`)).toMatch(
      /\n {11}unknown\n +[\d.]+ % {2}(finch|wren)\n\n$/,
    );
    const rows = (await said(world, `predict ${place} ${unknown.image} --top 2 --format csv`)).trimEnd().split("\n");
    expect(rows[0]).toBe("image,rank,label,probability,says,answer");
    expect(rows.slice(1).map((row) => row.split(",").slice(4))).toEqual([
      ["unknown", ""],
      ["unknown", ""],
    ]);
    const model = await loadModel(file, { plugins, engine: null });
    onTestFinished(() => model.dispose());
    expect(model.calibration?.error).toBe(0.01);
    expect(await model.answer([unknown.image])).toEqual([unknown.answer]);
    const plain = await loadModel(file, { plugins, engine: null, calibrated: false });
    onTestFinished(() => plain.dispose());
    expect((await plain.answer([unknown.image]))[0]?.kind).toBe("class");
  });

  test("takes no images that tell how good the model is, unless it is told to, and none that are too few", async () => {
    const { world, place } = await withRun(run);
    expect(await world.fgkd(`calibrate ${place}`)).toBe(1);
    expect(world.err).toContain("its data has no validation split. Name other images of its classes with --data");
    expect(await world.fgkd(`calibrate ${place} --split test`)).toBe(1);
    expect(world.err).toContain(
      "warning Calibrated on the run's own test images: tested on them, it looks better than it is.",
    );
    expect(world.err).toContain("10 test images would leave it to chance; 20 are the least");
    expect(await world.fgkd(`calibrate ${place} --split train`)).toBe(1);
    expect(await world.fgkd(`calibrate ${place} --error 5`)).toBe(1);
    expect(world.err).toContain("It must be a number between 0 and 1, such as 0.05.");
  });

  test("refuses a calibration that somebody has written by hand", async () => {
    const { world, place } = await withRun(run);
    await said(world, `calibrate ${place} --data ${photos}`);
    const file = join(place, "models/student.safetensors");
    const bytes = readFileSync(file, "latin1").replace('\\"temperature\\":', '\\"tomperature\\":');
    writeFileSync(file, bytes, "latin1");
    expect(await world.fgkd(`predict ${place} ${photos}`)).toBe(65);
    expect(world.err).toContain("has a calibration that is not as fgkd wrote it");
    await said(world, `predict ${place} ${photos}/finch/0.png --uncalibrated`);
    await said(world, `calibrate ${place} --data ${photos}`);
    await said(world, `predict ${place} ${photos}/finch/0.png`);
  });
});
