/**
 * Makes the tables of docs/papers/dfkd-generator.md: one teacher for each seed, then every row from that teacher, one run
 * after the other through the command, each with the same number of student steps.
 *
 *     npx tsx test/bench/data-free-table.ts --data ../shared/data/signs [--rows full,no-attention] [--seeds 0,1,2]
 *       [--engine onednn] [--threads 1] [--epochs 14] [--out runs/data-free]
 *
 * Without --rows: all of them; without --seeds: `full` with 0, 1 and 2, the others with 0. Without --data: the built-in
 * birds. `--epochs` counts the student's epochs; the teacher always has its own. A finished run folder is not run again,
 * and two processes may share the work: one waits for a teacher that the other is training. The table at the end has every
 * row and seed that is finished.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fixed, isFinished, mean, resultsOf, tableRow, trainOnce } from "./rows.js";
import { agreementOf, openTrained } from "./trained.js";

const { values: given } = parseArgs({
  options: {
    data: { type: "string" },
    rows: { type: "string" },
    seeds: { type: "string" },
    epochs: { type: "string" },
    engine: { type: "string", default: "auto" },
    threads: { type: "string" },
    out: { type: "string", default: "runs/data-free" },
  },
});

interface Row {
  readonly title: string;
  readonly settings: readonly string[];
}

const noAttention = "options.attention-distillation.weight=0";
const noContrast = "options.semantic-contrast.weight=0";

const rows: Readonly<Record<string, Row>> = {
  full: { title: "dfkd-generator", settings: [] },
  "no-attention": { title: "without attention distillation (MHAD)", settings: [noAttention] },
  "no-contrast": { title: "without semantic contrast (SFCL)", settings: [noContrast] },
  neither: { title: "without both", settings: [noAttention, noContrast] },
  "no-warmup": { title: "without warm-up", settings: ["stages.warmup.enabled=false"] },
  "no-one-hot": { title: "without the one-hot term", settings: ["options.class-priors.oneHot=0"] },
  "no-balance": { title: "without the balance term", settings: ["options.class-priors.balance=0"] },
};

const folder = (row: string, seed: string) => join(given.out, `${row}-${seed}`);
const common = [
  ...["--preset", "dfkd-generator", "--scale", "demo", "--quiet", "--engine", given.engine],
  ...(given.data === undefined ? [] : ["--data", given.data]),
  ...(given.threads === undefined ? [] : ["--threads", given.threads]),
];
const settings = (list: readonly string[]) => list.flatMap((setting) => ["--set", setting]);

for (const name of given.rows?.split(",") ?? Object.keys(rows)) {
  const row = rows[name];
  if (!row) throw new Error(`no row is called ${name}; there are ${Object.keys(rows).join(", ")}`);
  for (const seed of (given.seeds ?? (name === "full" ? "0,1,2" : "0")).split(",")) train(name, row, seed);
}
await report();

function train(name: string, row: Row, seed: string): void {
  const alone = ["warmup", "generator", "student"].map((stage) => `stages.${stage}.enabled=false`);
  trainOnce(folder("teacher", seed), [...common, "--seed", seed, ...settings(alone)]);
  const epochs = ["generator", "student"].map((stage) => `stages.${stage}.epochs=${given.epochs}`);
  trainOnce(folder(name, seed), [
    ...common,
    ...["--seed", seed, "--teacher", folder("teacher", seed)],
    ...settings([...row.settings, ...(given.epochs === undefined ? [] : epochs)]),
  ]);
}

interface Measured {
  readonly accuracy: number;
  readonly best: number;
  readonly teacher: number;
  readonly agreement: number;
  readonly chance: number;
  readonly seconds: number;
}

async function report(): Promise<void> {
  const heads = ["row", "seed", "accuracy", "best", "teacher", "agreement with teacher", "chance", "s/run"];
  console.log(tableRow(heads));
  console.log(tableRow(heads.map(() => "---")));
  for (const [name, { title }] of Object.entries(rows)) {
    const seeds = finishedSeeds(name);
    const found: Measured[] = [];
    for (const seed of seeds) found.push(await measure(name, seed));
    found.forEach((one, index) => {
      print(title, seeds[index] as string, one);
    });
    if (found.length > 1) print(title, `mean of ${found.length}`, average(found));
  }
}

function finishedSeeds(row: string): readonly string[] {
  const seeds = readdirSync(given.out).flatMap((name) => name.match(`^${row}-(\\d+)$`)?.[1] ?? []);
  return seeds.filter((seed) => isFinished(folder(row, seed))).sort((a, b) => Number(a) - Number(b));
}

async function measure(row: string, seed: string): Promise<Measured> {
  const resultOf = (of: string, stage: string) => resultsOf(folder(of, seed)).find((result) => result.stage === stage);
  const results = resultsOf(folder(row, seed));
  const student = resultOf(row, "student");
  const run = await openTrained(folder(row, seed), given.engine);
  try {
    return {
      accuracy: student?.accuracy ?? Number.NaN,
      best: student?.best ?? Number.NaN,
      teacher: resultOf("teacher", "teacher")?.accuracy ?? Number.NaN,
      agreement: await agreementOf(run, "student", "teacher"),
      chance: 100 / run.classes.length,
      seconds: results.reduce((sum, { seconds }) => sum + seconds, 0),
    };
  } finally {
    await run.close();
  }
}

function average(found: readonly Measured[]): Measured {
  const of = (field: keyof Measured) => mean(found.map((one) => one[field]));
  const fields = ["accuracy", "best", "teacher", "agreement", "chance", "seconds"] as const;
  return Object.fromEntries(fields.map((field) => [field, of(field)])) as unknown as Measured;
}

function print(title: string, seed: string, { seconds, ...percents }: Measured): void {
  const { accuracy, best, teacher, agreement, chance } = percents;
  const numbers = [accuracy, best, teacher, agreement, chance].map((value) => fixed(value));
  console.log(tableRow([title, seed, ...numbers, Math.round(seconds)]));
}
