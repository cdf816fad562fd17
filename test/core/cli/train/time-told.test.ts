import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { askYesNo } from "../../../../core/cli/terminal/ask.js";
import { remedies, roughly, secondsOf, workOf } from "../../../../core/cli/train/run-time.js";
import { tellTime } from "../../../../core/cli/train/time-told.js";
import { createRun, definePreset } from "../../../../core/index.js";
import { createWorld, toyPreset, type World } from "../world.js";

/** Two stages of a million epochs, of which a step takes a tenth of a second: days. */
const days = "--preset toy --epochs 1000000";

const folders = (world: World) => readdir(join(world.cwd, "runs")).catch(() => []);

const ctrlCAt = (at: number) => (look: number, world: World) => {
  if (look === at) world.pressCtrlC();
};

describe("hours of work", () => {
  test("are asked for on a terminal, after two steps; no leaves nothing behind", async () => {
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return false;
    };
    const world = await createWorld({ ask, isTTY: true, columns: 200 });
    expect(await world.fgkd(days)).toBe(1);
    expect(asked).toEqual(["Train nevertheless?"]);
    expect(world.out).toMatch(
      /warning This run will take about \d+ days at 0.10 s a step, of which "the teacher" takes about \d+ days./,
    );
    expect(world.out).toContain("  --teacher FILE: a trained teacher, so that teacher is passed over");
    expect(world.out).toContain("Nothing was kept.");
    expect(world.out).not.toContain("1/1000000");
    expect(await folders(world)).toEqual([]);
  });

  test("begin where they are agreed to", async () => {
    const world = await createWorld({ ask: async () => true, isTTY: true, columns: 200, onLook: ctrlCAt(8) });
    expect(await world.fgkd(days)).toBe(130);
    expect(world.out).toContain("1/1000000");
    expect(await folders(world)).toEqual(["toy-1"]);
  });

  test.each(["", "--quiet"])("are told off a terminal, and begin: %s", async (words) => {
    const world = await createWorld({ onLook: ctrlCAt(6) });
    expect(await world.fgkd(`${days} ${words}`)).toBe(130);
    expect(world.err).toMatch(/^warning This run will take about \d+ days at 0.10 s a step/m);
    expect(await folders(world)).toEqual(["toy-1"]);
  });

  test("are not asked for with --yes, nor when a run is taken up", async () => {
    let looks = 6;
    const ask = async () => {
      throw new Error("nobody is to be asked");
    };
    const onLook = (look: number, world: World) => {
      if (look % 6 === 0) world.pressCtrlC();
      looks = look;
    };
    const world = await createWorld({ ask, onLook });
    expect(await world.fgkd(`${days} --yes`)).toBe(130);
    expect(await world.fgkd("--resume")).toBe(130);
    expect(looks).toBeGreaterThan(6);
  });

  test("are given up by Ctrl-C while the question stands", async () => {
    const ask = (_: string, signal: AbortSignal) =>
      new Promise<boolean>((resolve) => {
        signal.addEventListener("abort", () => resolve(false));
        setImmediate(() => world.pressCtrlC());
      });
    const world: World = await createWorld({ ask });
    expect(await world.fgkd(days)).toBe(130);
    expect(await folders(world)).toEqual([]);
  });
});

describe("an answer", () => {
  const answer = async (give: (input: PassThrough, controller: AbortController) => void) => {
    const [input, output, controller] = [new PassThrough(), new PassThrough(), new AbortController()];
    const result = askYesNo(input, output, "Train nevertheless?", controller.signal);
    give(input, controller);
    return [await result, String(output.read())];
  };
  const asked = "Train nevertheless? [y/N] ";

  test.each(["y", "yes", "Y", " Yes "])("is yes: %j", async (text) => {
    expect(await answer((input) => input.write(`${text}\n`))).toEqual([true, asked]);
  });

  test.each(["", "n", "no", "perhaps", "yesterday"])("is no: %j", async (text) => {
    expect(await answer((input) => input.write(`${text}\n`))).toEqual([false, asked]);
  });

  test("is no when the input ends, and when the question is taken back", async () => {
    expect(await answer((input) => input.end())).toEqual([false, asked]);
    expect(await answer((_, controller) => controller.abort())).toEqual([false, asked]);
  });
});

describe("the length of a run", () => {
  test("is that of its steps and its tests, stages that are not seen yet being as slow as the first", async () => {
    const config = { batchSize: 4, evaluation: { every: 2, last: 1 }, stages: { student: { stepsPerEpoch: 2 } } };
    const run = await createRun({ preset: toyPreset, layers: [{ origin: "test", config }] });
    const work = workOf(run, run.source);
    await run.close();
    // Three epochs of 3 batches, tested twice on 2; two epochs of 2, tested once before the last and in the last.
    expect(work.map(({ steps }) => steps)).toEqual([3 * 3 + (2 * 2) / 3, 2 * 2 + (1 * 2) / 3]);
    expect(secondsOf(work, new Map([["teacher", 3]]))).toBeCloseTo(31 + 14);
    expect(
      secondsOf(
        work,
        new Map([
          ["teacher", 3],
          ["student", 6],
        ]),
      ),
    ).toBeCloseTo(31 + 28);
  });

  test("counts tests on the split that is asked for, and one look at test images in the end", async () => {
    const run = await createRun({ preset: toyPreset });
    const [first] = run.stages;
    if (!first) throw new Error("the toy has stages");
    const { stage, config } = first;
    const counts: Readonly<Record<string, number>> = { train: 12, validation: 9, test: 6 };
    const source = {
      ...run.source(stage),
      splits: ["train", "validation", "test"] as const,
      count: (split: string) => counts[split] ?? 0,
      batchCount: ({ split }: { readonly split: string }) => counts[split] ?? 0,
    };
    const testsOf = (evaluation: object) => {
      const changed = {
        ...first,
        config: { ...config, epochs: 5, evaluation: { ...config.evaluation, ...evaluation } },
      };
      const [work] = workOf({ preset: run.preset, stages: [changed] }, () => source);
      return 3 * ((work?.steps ?? 0) - 5 * 12);
    };
    await run.close();
    expect(testsOf({ every: 1, last: 1 })).toBeCloseTo(5 * 9 + 6);
    expect(testsOf({ every: 1, last: 1, split: "test" })).toBeCloseTo(5 * 6);
    expect(testsOf({ every: 1, last: 1, testTime: "flip" })).toBeCloseTo(2 * (5 * 9 + 6));
    expect(testsOf({ every: 1, last: 1, testTime: "ten-crops" })).toBeCloseTo(10 * (5 * 9 + 6));
    expect(testsOf({ every: 0 })).toBeCloseTo(0);
  });

  test.each([
    [0.2, "about 1 second"],
    [45, "about 45 seconds"],
    [119, "about 119 seconds"],
    [150, "about 3 minutes"],
    [7100, "about 118 minutes"],
    [7300, "about 2 hours"],
    [150_000, "about 42 hours"],
    [2_678_400, "about 31 days"],
  ])("%d seconds are %s", (seconds, words) => {
    expect(roughly(seconds)).toBe(words);
  });
});

describe("what helps against a long run", () => {
  const preset = definePreset({ ...toyPreset, pretrained: ["teacher", "student"], scales: { demo: {}, paper: {} } });
  const about = { preset, models: {}, enabled: ["teacher", "student"], scale: "paper", gpu: false } as const;
  const work = [{ stage: "teacher", title: "the teacher", steps: 100 }];

  test("is a smaller scale, a GPU, weights and a teacher", () => {
    expect(remedies(about).map((remedy) => remedy.split(":")[0])).toEqual([
      "--scale demo",
      "an engine on a GPU",
      "--set models.teacher.weights=FILE --set models.student.weights=FILE",
      "--teacher FILE",
    ]);
  });

  test("are public weights by their name, where some fit the backbone", () => {
    const publicWeights = (backbone: string) =>
      backbone === "toy-linear" ? [{ name: "imagenet", reference: "hf://toy/linear" }] : [];
    const models = { teacher: { backbone: { name: "toy-linear" } }, student: { backbone: { name: "other" } } } as never;
    expect(remedies({ ...about, models, publicWeights })[2]).toContain(
      "--set models.teacher.weights=imagenet --set models.student.weights=FILE: ",
    );
  });

  test("is nothing that is there already", () => {
    const weights = "a.safetensors";
    const models = { teacher: { weights }, student: { weights } } as never;
    expect(remedies({ ...about, models, gpu: true, scale: "demo", enabled: ["student"] })).toEqual([]);
  });

  test("is told at paper scale without a GPU or the published weights, else of an hour or more", () => {
    const weights = { weights: "a.safetensors" };
    const whole = { ...about, gpu: true, models: { teacher: weights, student: weights } as never };
    expect(tellTime(about, work, "teacher", 1)?.text).toMatch(/^This run will take about 100 seconds at 1.0 s a step/);
    expect(tellTime(about, work, "teacher", 1)?.isLong).toBe(false);
    expect(tellTime({ ...whole, gpu: false }, work, "teacher", 1)?.text).not.toContain("--scale demo");
    expect(tellTime({ ...whole, models: {} }, work, "teacher", 1)?.text).toContain("models.teacher.weights=FILE");
    expect(tellTime(whole, work, "teacher", 1)).toBeUndefined();
    expect(tellTime({ ...about, scale: "demo" }, work, "teacher", 1)).toBeUndefined();
    expect(tellTime({ ...about, scale: "demo" }, work, "teacher", 99)?.text).not.toContain("weights");
    expect(tellTime(whole, work, "teacher", 35)).toBeUndefined();
    expect(tellTime(whole, work, "teacher", 37)?.isLong).toBe(true);
  });
});
