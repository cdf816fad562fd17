/**
 * Makes the table of docs/papers/deit-convnext.md: every row, every seed, one run after the other through the command.
 *
 *     npx tsx test/bench/transformer-table.ts --data ../shared/data/grocery [--seeds 0,1,2] [--engine onednn] [--threads 1] [--out runs/transformers]
 *
 * A finished run folder is not run again, so the table can be made in several sittings, and by several at once.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fixed, mean, resultsOf, tableRow, trainOnce } from "./rows.js";

const { values: given } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/grocery" },
    seeds: { type: "string", default: "0,1,2" },
    engine: { type: "string", default: "auto" },
    out: { type: "string", default: "runs/transformers" },
    epochs: { type: "string" },
    threads: { type: "string" },
  },
});

/** A row is a stage of a run; the first run trains the teacher of all. */
const rows = [
  { title: "teacher", run: "baseline", stage: "teacher" },
  { title: "student alone", run: "baseline", stage: "alone" },
  { title: "student alone, each token by itself", run: "each", stage: "alone" },
  { title: "hard, from scratch", run: "hard", stage: "student" },
  { title: "soft, from scratch", run: "soft", stage: "student" },
  { title: "hard, from the student alone", run: "baseline", stage: "student" },
  { title: "soft, from the student alone", run: "soft-baseline", stage: "student" },
] as const;

type Run = (typeof rows)[number]["run"];

const option = (text: string) => ["--set", `options.deit-convnext.${text}`];
const smoothed = { name: "cross-entropy", smoothing: 0.1, token: "each" };
// The first run has trained the student alone.
const only = ["--set", "stages.alone.enabled=false"];

/** What is set in each run, beside the teacher. */
const settings: Readonly<Record<Run, readonly string[]>> = {
  baseline: [],
  hard: [...option("start=imagenet"), ...only],
  soft: [...option("start=imagenet"), ...option("distillation=soft"), ...only],
  // What a teacher that knows every image by heart would come to: both tokens learn the labels, not their mean.
  each: [...option("teacher=none"), "--set", `stages.alone.losses=${JSON.stringify([smoothed])}`],
  "soft-baseline": option("distillation=soft"),
};

const seeds = given.seeds.split(",");
for (const run of Object.keys(settings) as Run[]) for (const seed of seeds) train(run, seed);
report();

function folder(run: Run, seed: string): string {
  return join(given.out, `${run}-${seed}`);
}

function train(run: Run, seed: string): void {
  const isTaught = run !== "baseline" && run !== "each";
  trainOnce(folder(run, seed), [
    ...["--preset", "deit-convnext", "--scale", "demo", "--data", given.data],
    // Of the same length, and by the same recipe, as what it is compared with.
    ...[...option("recipe=deit"), ...settings[run]],
    ...["--seed", seed, "--engine", given.engine, "--yes"],
    ...(given.epochs ? ["--epochs", given.epochs] : []),
    ...(given.threads ? ["--threads", given.threads] : []),
    ...(isTaught ? ["--teacher", folder("baseline", seed)] : []),
  ]);
}

function report(): void {
  console.log(`| row | seeds ${seeds.join(", ")} | mean | spread | s/run |\n|---|---|---|---|---|`);
  for (const { title, run, stage } of rows) {
    const results = seeds.map((seed) => resultsOf(folder(run, seed)).find((entry) => entry.stage === stage));
    const accuracies = results.map((found) => found?.accuracy ?? Number.NaN);
    const spread = Math.max(...accuracies) - Math.min(...accuracies);
    const seconds = Math.round(mean(results.map((found) => found?.seconds ?? Number.NaN)));
    console.log(
      tableRow([
        title,
        accuracies.map((accuracy) => fixed(accuracy)).join(" "),
        fixed(mean(accuracies)),
        fixed(spread),
        seconds,
      ]),
    );
  }
}
