/** Advice on runs made for it: what is true is said, what is not is not, and what is proposed can be typed. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Advice } from "../../../core/index.js";
import { createWorld, type World } from "../cli/world.js";
import { noise } from "../prediction/pictures.js";
import { single, taught } from "./points.js";

const presets = [taught, single];

/** Trains, and lets fgkd advise on the run. @returns what is advised, by what it is about */
async function advised(line: string, world?: World): Promise<ReadonlyMap<Advice["about"], string>> {
  const own = world ?? (await createWorld({ presets }));
  expect(await own.fgkd(`${line} --quiet --out run --set report=false`), own.err).toBe(0);
  return adviceOf(own, "run");
}

async function adviceOf(world: World, words: string): Promise<ReadonlyMap<Advice["about"], string>> {
  const before = world.out.length;
  expect(await world.fgkd(`advise ${words} --json`), world.err).toBe(0);
  const { advice } = JSON.parse(world.out.slice(before)) as { readonly advice: readonly Advice[] };
  return new Map(advice.map(({ about, text }) => [about, text]));
}

/** Teacher and student alone are as good, and so is the taught student. */
const fair = "--preset taught --set data.noise=4";

/** The student's images are mixed: the larger alpha, the more alike the shares. */
const mixup = (alpha: number) => `--set stages.student.augmenters=[{"name":"mixup","alpha":${alpha}}]`;

describe("the teacher is weaker than the student alone", () => {
  test.each([
    ["sees an eighth of each picture", "--preset taught --set models.teacher.backbone.sees=6"],
    [
      "has learnt wrong labels",
      "--preset taught --set stages.teacher.data.name=points --set stages.teacher.data.wrong=0.9",
    ],
    [
      "was trained for an epoch at a tiny rate",
      "--preset taught --set stages.teacher.epochs=1 --set stages.teacher.optimizer.learningRate=1e-6",
    ],
  ])("is said where it %s", async (_, line) => {
    const advice = await advised(line);
    expect(advice.get("weak-teacher")).toMatch(
      /“the teacher” gets \d+\.\d % of 200 test images right, “student alone” \d+\.\d % \(−/,
    );
    expect(advice.get("distillation-hurts")).toMatch(/“student with teacher” gets .* go without the teacher/);
  });

  test.each([
    ["is as good", fair],
    [
      "is better",
      `${fair} --set stages.baseline.optimizer.learningRate=0.0001 --set stages.student.optimizer.learningRate=0.0001`,
    ],
    ["is a little worse, as chance may have it", `${fair} --set models.teacher.backbone.sees=42`],
  ])("is not said where it %s", async (_, line) => {
    const advice = await advised(line);
    expect(advice.has("weak-teacher"), advice.get("weak-teacher")).toBe(false);
    expect(advice.has("distillation-hurts"), advice.get("distillation-hurts")).toBe(false);
  });

  test("is not said where no student is alone, which another run may bring", async () => {
    const world = await createWorld({ presets });
    const weak = "--set models.teacher.backbone.sees=6";
    expect([...(await advised(`--preset taught ${weak} --set stages.baseline.enabled=false`, world)).keys()]).toEqual(
      [],
    );
    expect(await world.fgkd("--preset single --quiet --out alone --set report=false"), world.err).toBe(0);
    const advice = await adviceOf(world, "run alone");
    expect(advice.get("weak-teacher")).toContain("“run: the teacher” gets");
    expect(advice.get("weak-teacher")).toContain("“alone: the student” 100.0 %");
  });
});

describe("the difference is within the noise of this test set", () => {
  test("is said with the number of images that would settle it, and with a command that takes them", async () => {
    const world = await createWorld({ presets });
    const advice = await advised("--preset taught --set data.noise=6", world);
    const [, apart, needed, line] =
      /beside “student alone” ([+−]\d+\.\d) points, .* on 200 images; .*, ([\d,]+) would settle it: fgkd (eval .*) --data FOLDER\.$/.exec(
        advice.get("noise") ?? "",
      ) ?? [];
    expect(Math.abs(Number(apart?.replace("−", "-")))).toBeGreaterThan(0);
    expect(Number(needed?.replace(",", ""))).toBeGreaterThan(400);
    const before = world.out.length;
    expect(await world.fgkd(line as string), world.err).toBe(0);
    expect(world.out.slice(before)).toContain("may be chance");
  });

  test("proposes other seeds where both answer alike, which no number of images changes", async () => {
    const world = await createWorld({ presets });
    const advice = await advised("--preset taught", world);
    expect(advice.get("noise")).toContain(
      "+0.0 points, 95 % interval −1.9 to +1.9, on 200 images; no number of images",
    );
    const [seed] = /--seed 1/.exec(advice.get("noise") ?? "") ?? [];
    expect(await world.fgkd(`--preset taught --quiet --set report=false ${seed}`), world.err).toBe(0);
  });

  test.each([
    ["the difference is beyond chance", "--preset taught --set models.teacher.backbone.sees=6"],
    ["there is nothing to hold the student against", "--preset single"],
    ["the student alone is another network", "--preset taught --set models.baseline.backbone.sees=47"],
    ["it was trained longer", "--preset taught --set stages.baseline.epochs=9"],
  ])("is not said where %s", async (_, line) => {
    expect((await advised(line)).has("noise")).toBe(false);
  });
});

describe("mixing keeps the student from fitting", () => {
  const few = "--epochs 2 --set optimizer.learningRate=0.02";

  test("is said with the accuracy on training images with and without, and with what helps", async () => {
    const world = await createWorld({ presets });
    const line = `--preset taught ${few} ${mixup(8)}`;
    const advice = await advised(line, world);
    expect(advice.get("mixing")).toMatch(
      /^Mixing \(mixup\) keeps .* gets 90\.0 % of the 120 images right that it was trained on, “student alone” 100\.0 % without mixing/,
    );
    for (const [remedy] of (advice.get("mixing") ?? "").matchAll(/--set \S+(?=\))/g)) {
      expect(await world.fgkd(`${line} ${remedy} --quiet --set report=false --out again`), world.err).toBe(0);
      const again = await adviceOf(world, "again");
      // One of two remedies takes the mixing away; twice as many epochs make up for some of it.
      expect(again.get("mixing")).not.toBe(advice.get("mixing"));
      await rm(join(world.cwd, "again"), { recursive: true });
    }
  });

  test("is said of one run beside another that differs in nothing else", async () => {
    const world = await createWorld({ presets });
    const fewer = "--preset single --epochs 2 --set optimizer.learningRate=0.002";
    expect(await world.fgkd(`${fewer} --quiet --out plain --set report=false`), world.err).toBe(0);
    await advised(`${fewer} ${mixup(8)}`, world);
    expect((await adviceOf(world, "run plain")).get("mixing")).toMatch(
      /“run: the student” gets 22\.5 % .*, “plain: the student” 35\.8 % without mixing/,
    );
  });

  test.each([
    ["it fits as well", `--preset taught ${mixup(8)}`],
    ["images are mixed a little", `--preset taught ${few} ${mixup(0.05)}`],
    [
      "the teacher does not know the images itself",
      `--preset taught ${few} ${mixup(8)} --set models.teacher.backbone.sees=6`,
    ],
    ["nothing is mixed", `--preset taught ${few}`],
    [
      "all are mixed, and there is nobody without",
      `--preset taught ${few} ${mixup(8)} --set stages.baseline.enabled=false`,
    ],
  ])("is not said where %s", async (_, line) => {
    const advice = await advised(line);
    expect(advice.has("mixing"), advice.get("mixing")).toBe(false);
  });
});

describe("the learning rate", () => {
  const single = "--preset single --set data.noise=6";

  test.each([
    ["1e-8", /^The learning rate of “the student”, 1e-8, never moved anything: over 8 epochs its loss went from/],
    ["1e-6", /never moved anything/],
  ])("of %s is said to have moved nothing, and find-lr is there to find another", async (rate, said) => {
    const world = await createWorld({ presets });
    const advice = await advised(`${single} --set optimizer.learningRate=${rate}`, world);
    expect(advice.get("rate-too-low")).toMatch(said);
    expect(advice.has("rate-diverged")).toBe(false);
    const [, line] = /fgkd (find-lr .*), and the run's other options/.exec(advice.get("rate-too-low") ?? "") ?? [];
    expect(await world.fgkd(`${line} --set data.noise=6`), world.err).toBe(0);
    expect(world.out).toContain("The loss fell fastest at");
  });

  test.each([
    ["is beyond all measure", "--set data.noise=60 --set optimizer.learningRate=1e30"],
    ["grows from step to step", "--set optimizer.learningRate=10 --set optimizer.weightDecay=0.5"],
  ])("is said to have diverged where the loss %s", async (_, line) => {
    const advice = await advised(`${single} ${line}`);
    expect(advice.get("rate-diverged")).toMatch(/diverged: its loss rose to \d[\d.e+]* in epoch \d, against \d/);
    expect(advice.has("rate-too-low")).toBe(false);
  });

  test.each([
    ["it learns", single],
    ["it is wild, and learns all the same", "--preset single --set optimizer.learningRate=1000"],
    ["the labels are chance, and the loss falls", `${single} --set data.wrong=0.75 --epochs 4`],
    ["it took too few steps to tell", `${single} --set optimizer.learningRate=1e-8 --epochs 2`],
  ])("is not said to be wrong where %s", async (_, line) => {
    const advice = await advised(line);
    expect([advice.get("rate-too-low"), advice.get("rate-diverged")]).toEqual([undefined, undefined]);
  });
});

describe("the classes are imbalanced", () => {
  const uneven = "--preset single --set data.noise=3 --set data.train=[60,60,60,8]";

  test("is said where those with few images are recognised less often", async () => {
    expect((await advised(uneven)).get("imbalance")).toMatch(
      /of the 1 with at most a third of the 60 images that class 1 has to train on, \d\d\.\d % of 50 test images are right, of the others 8\d\.\d % of 150/,
    );
  });

  test.each([
    ["they are learnt all the same", "--preset single --set data.train=[60,60,60,8]"],
    ["they are uneven by less than three", "--preset single --set data.noise=3 --set data.train=[60,60,60,21]"],
    [
      "something was done about it",
      `${uneven} --set losses=[{"name":"cross-entropy","balance":"effective"}] --set stages.student.losses=[{"name":"cross-entropy","balance":"effective"}]`,
    ],
  ])("is not said where %s", async (_, line) => {
    const advice = await advised(line);
    expect(advice.has("imbalance"), advice.get("imbalance")).toBe(false);
  });

  test("is said of data before a run by the numbers alone, and the data takes what is proposed", async () => {
    const world = await createWorld({ presets });
    expect((await adviceOf(world, "--preset single --set data.train=[60,60,60,8]")).get("imbalance")).toMatch(
      /class 1 has 60 images to train on, 7\.5 times the 8 of class 4; draw them evenly with --set data\.sampler=balanced/,
    );
    expect((await adviceOf(world, "--preset single")).size).toBe(0);
    expect((await adviceOf(world, "--preset single --set data.train=[60,60,60,21]")).size).toBe(0);
  });
});

describe("data in files", () => {
  async function photographed(counts: Readonly<Record<string, number>>, side: number): Promise<World> {
    const world = await createWorld({ presets });
    for (const [name, count] of Object.entries(counts)) {
      for (const split of ["train", "test"]) await mkdir(join(world.cwd, "photos", split, name), { recursive: true });
      await noise(name, side, side).toFile(join(world.cwd, "photos/test", name, "0.png"));
      for (let at = 0; at < count; at++)
        await noise(`${name} ${at}`, side + (at % 3), side + 5).toFile(
          join(world.cwd, "photos/train", name, `${at}.png`),
        );
    }
    return world;
  }
  const input = (size: number) => `--preset single --set input.resize=${size} --set input.crop=${size}`;

  test("that are smaller than the input are told with sizes that fit, which then say nothing", async () => {
    const world = await photographed({ finch: 6, wren: 6 }, 24);
    const small = (await adviceOf(world, `photos ${input(64)}`)).get("small-images") ?? "";
    expect(small).toMatch(
      /in the median of 12 they have 25 px on the shorter side, and student sees 64 px where there are 25, 2\.6 times/,
    );
    const [remedy] = /--set input\.resize=\d+ --set input\.crop=\d+/.exec(small) ?? [];
    expect((await adviceOf(world, `photos --preset single ${remedy}`)).has("small-images")).toBe(false);
    const own =
      (await adviceOf(world, `photos ${input(64)} --set models.student.input.size=48`)).get("small-images") ?? "";
    const [size] = /--set models\.student\.input\.size=25/.exec(own) ?? [];
    expect((await adviceOf(world, `photos ${input(64)} ${size}`)).has("small-images")).toBe(false);
  });

  test("that are a little smaller, or larger, are nobody's trouble", async () => {
    const world = await photographed({ finch: 6, wren: 6 }, 24);
    for (const size of [16, 24, 36]) expect((await adviceOf(world, `photos ${input(size)}`)).size).toBe(0);
  });

  test("are told of without a preset, and drawn evenly as proposed", async () => {
    const world = await photographed({ finch: 9, wren: 3 }, 24);
    const advice = await adviceOf(world, "photos");
    expect(advice.get("imbalance")).toContain("finch has 9 images to train on, 3.0 times the 3 of wren");
    const [remedy] = /--set data\.sampler=balanced/.exec(advice.get("imbalance") ?? "") ?? [];
    await adviceOf(world, `photos ${remedy}`);
    expect((await adviceOf(await photographed({ finch: 8, wren: 3 }, 24), "photos")).size).toBe(0);
  });
});

describe("which of several teachers to take", () => {
  /** Teachers of a run of `single` each, at their names. */
  async function withTeachers(lines: Readonly<Record<string, string>>): Promise<World> {
    const world = await createWorld({ presets });
    for (const [name, line] of Object.entries(lines))
      expect(await world.fgkd(`--preset single ${line} --quiet --out ${name} --set report=false`), world.err).toBe(0);
    return world;
  }

  test("is said by the lowest ratio, with a command that takes it; the more certain one comes next", async () => {
    const world = await withTeachers({ sure: "", soft: "--set models.student.backbone.sees=20" });
    const advice = await adviceOf(world, "--preset taught --teachers sure soft");
    expect(advice.get("teacher-choice")).toMatch(
      /^soft\/models\/student\.safetensors \([^)]*\) will probably teach best: on 120 images .* next comes sure/,
    );
    const [remedy] = /--teacher \S+(?=\.$)/.exec(advice.get("teacher-choice") ?? "") ?? [];
    const network = "--set models.teacher.backbone.sees=20";
    expect(await world.fgkd(`--preset taught ${network} ${remedy} --quiet --out taught`), world.err).toBe(0);
    // The teacher that was given is asked where it lies.
    expect((await adviceOf(world, "taught")).get("noise")).toBeDefined();
  });

  test("is left open where chance may have told them apart", async () => {
    const world = await withTeachers({ one: "--seed 1 --set data.noise=2", two: "--seed 2 --set data.noise=2" });
    const advice = await adviceOf(world, "--preset taught --set data.noise=2 --teachers one two");
    expect(advice.get("teacher-choice")).toMatch(/does not tell (one|two)\S+ \([^)]*\) from (one|two)/);
  });

  test("is never one that has not learnt the images, whose ratio is low since it knows nothing", async () => {
    const world = await withTeachers({ good: "", lost: "--set optimizer.learningRate=1e-8" });
    const before = world.out.length;
    expect(await world.fgkd("advise --preset taught --teachers lost good"), world.err).toBe(0);
    const told = world.out.slice(before);
    expect(told).toMatch(/^good\S+ .* 100\.0 %\nlost\S+ +\d\.\d\d .* knows too little$/m);
    expect(told).toContain("lost/models/student.safetensors knows too little to teach these classes");
    expect(told).not.toContain("will probably teach best");
  });

  test("takes a run's teacher, whatever else it has, and no model of other classes", async () => {
    const world = await withTeachers({ other: "--set data.train=[30,30,30]" });
    expect(await world.fgkd("--preset taught --quiet --out run --set report=false"), world.err).toBe(0);
    const before = world.out.length;
    expect(await world.fgkd("advise --preset taught --teachers run --json"), world.err).toBe(0);
    const { teachers } = JSON.parse(world.out.slice(before));
    expect(teachers).toMatchObject([{ teacher: "run", leftOut: null, top1: { images: 120 } }]);
    expect(await world.fgkd("advise --preset taught --teachers other")).toBe(65);
    expect(world.err).toContain("was made for other classes");
  });
});

describe("advice", () => {
  test("stands below the result of a run and in its page, which fgkd report writes again", async () => {
    const world = await createWorld({ presets, isTTY: true, columns: 80 });
    const line = "--preset taught --set models.teacher.backbone.sees=6 --set report=true --out run --quiet";
    expect(await world.fgkd(line), world.err).toBe(0);
    expect(world.out).toMatch(
      /\nadvice {2}The teacher is weaker than the student alone: “the teacher” gets .*\n {8}\S/,
    );
    for (const told of world.out.split("\n")) expect(told.length).toBeLessThanOrEqual(80);
    const page = await readFile(join(world.cwd, "run/report.html"), "utf8");
    expect(page).toMatch(/<h2>Advice<\/h2><ul class="notices"><li>The teacher is weaker/);
    expect(await world.fgkd("report run"), world.err).toBe(0);
    expect((await readFile(join(world.cwd, "run/report.html"), "utf8")) === page).toBe(true);
  });

  test("is not asked for where a run is to end without a page", async () => {
    const world = await createWorld({ presets });
    await advised("--preset taught --set models.teacher.backbone.sees=6", world);
    expect(world.out.split("advice  ")).toHaveLength(1);
  });

  test("proposes to compare teachers, which can be typed", async () => {
    const world = await createWorld({ presets });
    const advice = await advised("--preset taught --set models.teacher.backbone.sees=6", world);
    const [, words] = /fgkd (advise DATA --teachers) FILES\.$/.exec(advice.get("distillation-hurts") ?? "") ?? [];
    expect(
      await world.fgkd(`${words?.replace("DATA", "--preset taught")} run/models/baseline.safetensors run`),
      world.err,
    ).toBe(0);
  });

  test("is of runs, or of one place", async () => {
    const world = await createWorld({ presets });
    expect(await world.fgkd("advise")).toBe(1);
    expect(world.err).toContain("neither data nor a preset is named. Name a folder of images, or a run.");
    expect(await world.fgkd("advise one two")).toBe(1);
    expect(world.err).toContain("one is no run, and two is named, too");
  });
});
