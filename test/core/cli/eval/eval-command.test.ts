/** `fgkd eval`, on a model that answers what is written in its images: every number is worked out by hand. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { parse } from "csv-parse/sync";
import { afterAll, describe, expect, test } from "vitest";
import { createCsv } from "../../../../core/cli/eval/eval-csv.js";
import { runProgram } from "../../../../core/cli/program.js";
import { definePlugin, definePreset, need, Parameters, type Source, scoresOf } from "../../../../core/index.js";
import { csvCell as cell } from "../../../../core/values/csv-cell.js";
import { ensemblers } from "../../../../plugins/ensemblers/index.js";
import { optimizers } from "../../../../plugins/optimizers/index.js";
import { toy, toyLoss, toySettings } from "../../../support/toy.js";
import { createWorld, type World, type WorldOptions } from "../world.js";

const classes = ["ash", "beech", "box, common", "=cedar"];

/** The true class and the probabilities of each, which are the image. */
const images = [
  [0, 0.7, 0.1, 0.1, 0.1],
  [0, 0.1, 0.65, 0.2, 0.05],
  [1, 0.1, 0.85, 0.03, 0.02],
  [1, 0.5, 0.3, 0.1, 0.1],
  [2, 0.05, 0.05, 0.5, 0.4],
  [3, 0.2, 0.2, 0.45, 0.15],
] as const;

interface Written {
  /** Images that are left out at the start. */
  readonly without?: number;
  readonly backwards?: boolean;
  /** In place of the classes. */
  readonly names?: readonly string[];
}

function writtenSource(folder: () => string, { without = 0, backwards = false, names = classes }: Written): Source {
  const kept = images.slice(without);
  if (backwards) kept.reverse();
  return {
    classes: names,
    ranks: { family: ["x", "x", "y", "y"] },
    fingerprint: JSON.stringify({ without, backwards }),
    count: () => kept.length,
    batchCount: ({ batchSize }) => Math.ceil(kept.length / batchSize),
    about: (_, index) => ({ path: join(folder(), `=${images.indexOf(kept[index] as (typeof kept)[number])},1.jpg`) }),
    async *batches({ batchSize, skip }) {
      for (let from = skip * batchSize; from < kept.length; from += batchSize) {
        const rows = kept.slice(from, from + batchSize);
        const pixels = rows.map(([, ...probabilities]) => probabilities.map(Math.log));
        const labels = rows.map(([label]) => classes.map((_, at) => (at === label ? 1 : 0)));
        yield { images: tf.tensor2d(pixels).reshape([rows.length, 2, 2, 1]), labels: tf.tensor2d(labels) };
      }
    },
    close: async () => {},
  };
}

/** Reads images aloud; with `swap`, says ash for beech and beech for ash. */
const reading = (folder: () => string) =>
  definePlugin({
    name: "reading",
    defaults: {},
    register({ backbones, sources }) {
      (backbones.register as (name: string, entry: object) => void)("reader", {
        defaults: { swap: false },
        create: ({ swap }: { readonly swap: boolean }) => {
          const parameters = new Parameters();
          const order = swap ? [1, 0, 2, 3] : [0, 1, 2, 3];
          const rows = Float32Array.from(order.flatMap((from) => order.map((_, at) => (at === from ? 1 : 0))));
          const weight = parameters.weight("fc.weight", [4, 4], "linear", () => rows) as tf.Tensor2D;
          const bias = parameters.weight("fc.bias", [4], "plain", () => new Float32Array(4)) as tf.Tensor1D;
          return {
            parameters,
            classifier: { weight, bias },
            forward: (batch: object) => {
              const seen = need(batch as { readonly images?: tf.Tensor4D }, "images", "reader");
              return { logits: seen.reshape<tf.Tensor2D>([-1, 4]).matMul(weight).add(bias), features: seen };
            },
          };
        },
      });
      (sources.register as (name: string, entry: object) => void)("written", {
        defaults: { without: 0, backwards: false, names: classes },
        create: (options: Written) => ({ open: async () => writtenSource(folder, options) }),
      });
    },
  });

/** The run that every test looks at: it is trained once. */
let kept = "";
afterAll(() => rm(kept, { recursive: true, force: true }));

/** A world with a run of `reader` in `runs/reader-1`. */
async function trained(options: WorldOptions = {}): Promise<World> {
  let cwd = "";
  const reader = definePreset({
    name: "reader",
    summary: "reads images aloud",
    plugins: [toy(), optimizers(), ensemblers(), reading(() => cwd)()],
    stages: {
      teacher: { trains: "teacher", plugins: [toyLoss()] },
      student: { trains: "student", plugins: [toyLoss()] },
    },
    defaults: {
      ...toySettings,
      epochs: 1,
      batchSize: 4,
      data: { name: "written" } as never,
      models: {
        student: { backbone: { name: "reader" } as never },
        teacher: { backbone: { name: "reader", swap: true } as never },
      },
      // Nothing that float32 would notice.
      optimizer: { name: "sgd", learningRate: 1e-12 },
    },
  });
  const world = await createWorld({ presets: [reader], ...options });
  cwd = world.cwd;
  const runs = join(cwd, "runs");
  if (kept !== "") await cp(kept, runs, { recursive: true });
  else {
    expect(await world.fgkd("--preset reader --quiet"), world.err).toBe(0);
    kept = await mkdtemp(join(tmpdir(), "fgkd-reader-"));
    await cp(runs, kept, { recursive: true });
  }
  return world;
}

/** What a command prints that goes well. */
async function said(world: World, ...words: readonly string[]): Promise<string> {
  const before = world.out.length;
  expect(await runProgram(["eval", ...words], world.environment), world.err).toBe(0);
  return world.out.slice(before);
}

describe("fgkd eval", () => {
  test("says in a short table how good a model is, and what it confuses", async () => {
    const told = await said(await trained(), "runs/reader-1");
    expect(
      told
        .trimEnd()
        .split("\n")
        .map((line) => line.replaceAll(/ {2,}/g, "  ")),
    ).toEqual([
      "50.0 % of 6 test images right: student of runs/reader-1, engine cpu",
      "",
      "measure  value  95 % interval",
      // Wilson, 3 of 6.
      "top-1  50.0 %  18.8 to 81.2 %",
      // 1 of 2, 1 of 2, 1 of 1, 0 of 1.
      "mean over classes  50.0 %",
      // Ash and beech are of one family, box and cedar of the other: no answer leaves its family.
      "by family  100.0 %  61.0 to 100.0 %  2 groups",
      // Fifteen bins: |1 − 0.7| + |0 − 0.65| + |1 − 0.85| + |1 − (0.5 + 0.5)| + |0 − 0.45|, over 6.
      "calibration error  25.8 %  60.8 % sure, more than right",
      // They agree on the last two; the teacher is right where the student takes ash for beech, and about box.
      "same as teacher  33.3 %  9.7 to 70.0 %  itself 50.0 % right",
      "",
      "most confused  taken for  images  of its class",
      "=cedar  box, common  1  100.0 %",
      "ash  beech  1  50.0 %",
      "beech  ash  1  50.0 %",
      "",
      "All 4 classes: --per-class.",
    ]);
  });

  test("has tables by class, the worst first, of confusions, and of how sure it was", async () => {
    const told = await said(
      await trained(),
      "runs/reader-1",
      "--per-class",
      "--confusion",
      "--reliability",
      "--no-teacher",
    );
    const tables = told.replaceAll(/ {2,}/g, "  ").trimEnd().split("\n\n").slice(4);
    expect(told).not.toContain("teacher");
    expect(tables).toEqual([
      [
        "class  images  right  accuracy  95 % interval  mostly taken for",
        "=cedar  1  0  0.0 %  0.0 to 79.3 %  box, common",
        "ash  2  1  50.0 %  9.5 to 90.5 %  beech",
        "beech  2  1  50.0 %  9.5 to 90.5 %  ash",
        "box, common  1  1  100.0 %  20.7 to 100.0 %",
      ].join("\n"),
      [
        "class  1  2  3  4",
        " 1 ash  1  1  ·  ·",
        " 2 beech  1  1  ·  ·",
        " 3 box, common  ·  ·  1  ·",
        " 4 =cedar  ·  ·  1  ·",
      ].join("\n"),
      [
        "  sure  images  mean of it  right  apart",
        "40.0 to 46.7 %  1  45.0 %  0.0 %  −45.0",
        "46.7 to 53.3 %  2  50.0 %  50.0 %  +0.0",
        "60.0 to 66.7 %  1  65.0 %  0.0 %  −65.0",
        "66.7 to 73.3 %  1  70.0 %  100.0 %  +30.0",
        "80.0 to 86.7 %  1  85.0 %  100.0 %  +15.0",
      ].join("\n"),
    ]);
  });

  test("asks about some classes alone, and says so; a name with a comma in it stands alone", async () => {
    const world = await trained();
    const two = await said(world, "runs/reader-1", "--only-classes", "ash,=cedar");
    // The second image of ash is ash rather than cedar; the first is, and cedar is taken for ash.
    expect(two).toContain("66.7 % of 3 test images right");
    expect(two).toContain("Images of 2 classes alone, and answers among them alone: ash, =cedar.");
    const three = ["--only-classes", "box, common", "--only-classes", "=cedar,beech"];
    const { classes: named, onlyClasses, runs } = JSON.parse(await said(world, "runs/reader-1", "--json", ...three));
    expect([named, onlyClasses]).toEqual([["beech", "box, common", "=cedar"], true]);
    // Beech twice, then box, and cedar taken for box.
    expect(runs[0].confusion).toEqual([
      [0, 0, 2],
      [1, 1, 1],
      [2, 1, 1],
    ]);
    // Among these three the teacher says beech of both, too: ash, which it takes beech for, is none of them.
    expect(runs[0].teacher.agreement).toMatchObject({ right: 4, images: 4 });
  });

  test.each([
    ["ash", "--only-classes: one class leaves a model nothing to choose from"],
    [
      "ash,bech",
      'no class is registered as "bech". Registered: ash, beech, box, common, =cedar. Did you mean "beech"?',
    ],
  ])("refuses to ask about %s alone", async (names, message) => {
    const world = await trained();
    expect(await world.fgkd(`eval runs/reader-1 --only-classes ${names}`)).toBe(1);
    expect(world.err).toContain(message);
  });

  test("refuses a table of confusions that nobody could read", async () => {
    const world = await trained();
    const names = JSON.stringify(Array.from({ length: 31 }, (_, at) => `k${at}`));
    expect(await world.fgkd(`--preset reader --quiet --set data.names=${names}`), world.err).toBe(0);
    expect(await world.fgkd("eval runs/reader-2 --confusion")).toBe(1);
    expect(world.err).toContain("a table of 31 classes is none that one could read; it has 30 at most");
  });

  test("--csv and --json tell the same, image by image and in all", async () => {
    const world = await trained();
    const document = JSON.parse(await said(world, "runs/reader-1", "--json", "--csv", "out.csv"));
    const rows = parse(await readFile(join(world.cwd, "out.csv"), "utf8"), { columns: true }) as Record<
      string,
      string
    >[];
    expect(
      rows.map(({ image, class: label, answer, right, probability, rank }) => [
        image,
        label,
        answer,
        right,
        probability,
        rank,
      ]),
    ).toEqual([
      ["'=0,1.jpg", "ash", "ash", "1", "0.700000", "1"],
      ["'=1,1.jpg", "ash", "beech", "0", "0.650000", "3"],
      ["'=2,1.jpg", "beech", "beech", "1", "0.850000", "1"],
      ["'=3,1.jpg", "beech", "ash", "0", "0.500000", "2"],
      ["'=4,1.jpg", "box, common", "box, common", "1", "0.500000", "1"],
      ["'=5,1.jpg", "'=cedar", "box, common", "0", "0.450000", "4"],
    ]);
    const { run, model, answer1, answer2, probability2, answer4, answer5, probability5 } = rows[4] as Record<
      string,
      string
    >;
    expect([run, model]).toEqual(["runs/reader-1", "student"]);
    expect([answer1, answer2, probability2, answer4, answer5, probability5]).toEqual([
      "box, common",
      "'=cedar",
      "0.400000",
      "beech",
      "",
      "",
    ]);
    const { runs, ...about } = document;
    expect(about).toEqual({ split: "test", images: 6, classes, onlyClasses: false, comparisons: [] });
    expect(Object.keys(runs[0])).toEqual(
      "run model roles ensembler engine testTime calibrated metrics teacher top1 top5 macroAccuracy calibration ranks perClass pairs confusion".split(
        " ",
      ),
    );
    const cells = new Map<string, number>();
    for (const row of rows)
      cells.set(`${row.class} ${row.answer}`.replaceAll("'", ""), (cells.get(`${row.class} ${row.answer}`) ?? 0) + 1);
    const told = (runs[0].confusion as [number, number, number][]).map(([label, answer, count]) => [
      `${classes[label]} ${classes[answer]}`,
      count,
    ]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(cells));
    expect(runs[0].top1.right).toBe(rows.filter(({ right }) => right === "1").length);
    expect(runs[0].calibration.bins.reduce((sum: number, { images }: { images: number }) => sum + images, 0)).toBe(6);
  });

  test("writes over no file", async () => {
    const world = await trained();
    await writeFile(join(world.cwd, "list.csv"), "mine");
    expect(await world.fgkd("eval runs/reader-1 --csv list.csv")).toBe(1);
    expect(world.err).toContain("list.csv: is there already");
    expect(await readFile(join(world.cwd, "list.csv"), "utf8")).toBe("mine");
  });

  test("tells probabilities of merged answers, as the ensembler gives them", async () => {
    const world = await trained();
    const asked = async (roles: string, ensembler: string) => {
      const words = ["runs/reader-1", "--role", roles, "--ensembler", ensembler];
      const { runs } = JSON.parse(await said(world, ...words, "--json", "--csv", `${roles}.csv`));
      const [row = {}] = parse(await readFile(join(world.cwd, `${roles}.csv`), "utf8"), { columns: true }) as Record<
        string,
        string
      >[];
      const shares = [1, 2, 3, 4].map((at) => [row[`answer${at}`] as string, Number(row[`probability${at}`])] as const);
      return { run: runs[0], shares: new Map(shares) };
    };
    const both = await asked("teacher,student", "mean-probabilities");
    expect(both.run).toMatchObject({
      model: "mean-probabilities of teacher, student",
      ensembler: "mean-probabilities",
    });
    expect(both.run.teacher).toBeNull();
    const [teacher, student] = [await asked("teacher", "mean-logits"), await asked("student", "mean-logits")];
    for (const [name, share] of both.shares)
      expect(share).toBeCloseTo(((teacher.shares.get(name) ?? 0) + (student.shares.get(name) ?? 0)) / 2, 5);
    expect(both.run.calibration.confidence).toBeGreaterThan(25);
  });
});

describe("several runs", () => {
  test("stand beside each other, and are compared on the same images; a model's file is one of them", async () => {
    const world = await trained();
    const files = ["runs/reader-1", "runs/reader-1/models/teacher.safetensors"];
    const told = (await said(world, ...files)).replaceAll(/ {2,}/g, "  ").split("\n");
    expect(told[0]).toBe("2 runs on the same 6 test images of 4 classes");
    expect(told.slice(2, 5)).toEqual([
      "run  top-1  95 % interval  top-5  macro  ECE  teacher",
      "runs/reader-1 student  50.0 %  18.8 to 81.2 %  –  50.0 %  25.8 %  33.3 %",
      "runs/reader-1 teacher  50.0 %  18.8 to 81.2 %  –  50.0 %  55.8 %  –",
    ]);
    expect(told[6]).toBe("beside the first  top-1  95 % interval  alone right  p");
    expect(told[7]).toMatch(
      /^runs\/reader-1 teacher {2}\+0\.0 {2}−\d+\.\d to \+\d+\.\d {2}2 : 2 {2}1\.000 {2}may be chance$/,
    );
    const { comparisons } = JSON.parse(await said(world, ...files, "--json"));
    expect(comparisons).toMatchObject([
      { first: 0, second: 1, both: 1, onlyFirst: 2, onlySecond: 2, neither: 1, difference: 0, p: 1, adjustedP: 1 },
    ]);
  });

  test("are folders, or files of their models, and nothing else", async () => {
    const world = await trained();
    for (const place of ["mine/models/net.safetensors", "runs/reader-1/checkpoints/net.safetensors"]) {
      await mkdir(dirname(join(world.cwd, place)), { recursive: true });
      await writeFile(join(world.cwd, place), "");
      expect(await world.fgkd(`eval runs/reader-1 ${place}`)).toBe(1);
      const problem = "is not a model that a run keeps. Give a run folder, or a file in its models/.";
      expect(world.err).toContain(`FGKD_PATH ${place}: ${problem}`);
    }
    expect(await world.fgkd("eval runs/reader-1/models/techer.safetensors")).toBe(1);
    expect(world.err).toContain('no model role is registered as "techer"');
  });

  test("that were not asked the same are refused before any is tested", async () => {
    const world = await trained();
    const settings = ["data.without=1", "data.backwards=true", 'data.names=["ash","beech","box","=cedar"]'];
    for (const setting of settings)
      expect(await world.fgkd(`--preset reader --quiet --set ${setting}`), world.err).toBe(0);
    const refusal = async (run: string) => {
      const before = world.err.length;
      expect(await world.fgkd(`eval runs/reader-1 runs/${run} --csv out.csv`)).toBe(1);
      return world.err.slice(before).trim();
    };
    expect(await refusal("reader-2")).toBe(
      "FGKD_INVALID_DATA runs/reader-2: it is tested on 5 images, runs/reader-1 on 6. Give both the same ones: fgkd eval RUN RUN --data FOLDER.",
    );
    expect(await refusal("reader-3")).toContain("runs/reader-3: it is tested on other images than runs/reader-1.");
    expect(await refusal("reader-4")).toContain(
      "runs/reader-4: its classes box are not among those of runs/reader-1, and lack box, common of runs/reader-1.",
    );
    await expect(readFile(join(world.cwd, "out.csv"))).rejects.toThrow("ENOENT");
  });

  test("of which one is better than chance would have it are told so", async () => {
    const { showRuns } = await import("../../../../core/cli/eval/eval-beside.js");
    const world = await trained();
    const document = JSON.parse(await said(world, "runs/reader-1", "--json", "--no-teacher"));
    const labels = Array.from({ length: 40 }, () => 0);
    const run = (name: string, right: number) => ({
      ...document.runs[0],
      run: name,
      measures: { ...document.runs[0], images: 40 },
      labels,
      answers: labels.map((_, at) => (at < right ? 0 : 1)),
    });
    const before = world.out.length;
    showRuns(
      [run("a", 20), run("b", 30), run("c", 10), run("d", 22)],
      { split: "test", classes, onlyClasses: false },
      world.environment,
    );
    const rows = world.out.slice(before).replaceAll(/ {2,}/g, "  ").split("\n");
    // Ten of ten, p = 2/1024, thrice and twice; two of two, p = 1/2.
    expect(
      rows
        .filter((line) => /chance$|better$|worse$/.test(line))
        .map((line) => line.replace(/ +[−+]\S+ to [−+]\S+ +/, "  ")),
    ).toEqual([
      "b  +25.0  10 : 0  0.006  better",
      "c  −25.0  0 : 10  0.006  worse",
      "d  +5.0  2 : 0  0.500  may be chance",
    ]);
    expect(rows.join(" ")).toContain("raised for 3 comparisons (Holm)");
  });
});

test("everything fits a terminal of 80 columns, however long the names are", async () => {
  const world = await trained({ isTTY: true, columns: 80 });
  const names = ["a", "b", "c", "d"].map((letter) => `${letter}${"-very-long".repeat(12)}`);
  const out = ["--out", `runs/${"long-".repeat(20)}`];
  const words = ["--preset", "reader", "--quiet", "--set", `data.names=${JSON.stringify(names)}`, ...out];
  expect(await runProgram(words, world.environment), world.err).toBe(0);
  const tables = ["--per-class", "--confusion", "--reliability"];
  const run = out[1] as string;
  const told = [
    await said(world, run, ...tables),
    await said(world, run, `${run}/models/teacher.safetensors`, ...tables, "--only-classes", names.slice(1).join(",")),
  ];
  const lines = told.flatMap((text) => text.split("\n")).filter((line) => !/right: student of/.test(line));
  expect(lines.length).toBeGreaterThan(60);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

describe("a CSV of images", () => {
  test("has no cell that a spreadsheet would compute, and none that ends its line", () => {
    const names = ["plain.jpg", "=1+1", "+1", "-1", "@SUM(A1)", "＝1", " =1", "\tx", 'a "b"', "a,b", "a\nb"];
    expect(names.map(cell)).toEqual([
      "plain.jpg",
      "'=1+1",
      "'+1",
      "'-1",
      "'@SUM(A1)",
      "'＝1",
      "' =1",
      "'\tx",
      '"a ""b"""',
      '"a,b"',
      '"a\nb"',
    ]);
  });

  test("is there when it is whole, and goes when the test ends halfway", async () => {
    const { cwd } = await createWorld();
    const scores = scoresOf(Float32Array.of(0, 1), Int32Array.of(0), [7]);
    const source = { classes: ["a", "b"], batches: async function* () {} };
    for (const isWhole of [false, true]) {
      const csv = createCsv("answers.csv", cwd);
      csv.add({ run: "r", model: "m", split: "test" }, scores, source);
      expect(await readdir(cwd)).not.toContain("answers.csv");
      csv.close(isWhole);
      expect(await readdir(cwd)).toEqual(isWhole ? ["answers.csv"] : []);
    }
    const [, line] = (await readFile(join(cwd, "answers.csv"), "utf8")).split("\r\n");
    expect(line).toBe("r,m,7,a,b,0,0.731059,2,b,0.731059,a,0.268941,,,,,,");
  });
});
