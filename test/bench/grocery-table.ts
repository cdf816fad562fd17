/**
 * Makes the tables of docs/papers/dadkd.md: every row, every seed, one run after the other through the command.
 *
 *     npx tsx test/bench/grocery-table.ts --data ../shared/data/grocery [--seeds 0,1,2] [--engine onednn] [--out runs/table]
 *     npx tsx test/bench/grocery-table.ts … --recipe docs/papers/pretrained-scale.json --teacher-epochs 10 \
 *       --weights ../shared/data/weights/mobilenetv2-imagenet.safetensors --out runs/pretrained
 *
 * A finished run folder is not run again, so the table can be made in several sittings, or by two processes with
 * different seeds.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fixed, mean, resultsOf, tableRow, trainOnce } from "./rows.js";

const { values: given } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/grocery" },
    seeds: { type: "string", default: "0,1,2" },
    engine: { type: "string", default: "auto" },
    out: { type: "string", default: "runs/table" },
    recipe: { type: "string", default: "docs/papers/small-scale.json" },
    "teacher-epochs": { type: "string", default: "60" },
    /** What teacher and student begin with. */
    weights: { type: "string" },
  },
});

interface Row {
  readonly name: string;
  readonly title: string;
  readonly arguments: readonly string[];
  readonly taught: boolean;
}

const rows: readonly Row[] = [
  {
    name: "teacher",
    title: "teacher (high resolution, SnapMix p 0.5)",
    arguments: [
      ...["--preset", "kd", "--epochs", given["teacher-epochs"]],
      ...["--set", "stages.student.enabled=false", "--set", "options.snapmix.probability=0.5"],
    ],
    taught: false,
  },
  {
    name: "baseline",
    title: "baseline (low resolution, cross-entropy)",
    arguments: ["--preset", "baseline"],
    taught: false,
  },
  { name: "snapmix", title: "SnapMix, own map, p 1", arguments: ["--preset", "snapmix"], taught: false },
  { name: "kd", title: "KD (T 4, 0.1/0.9)", arguments: ["--preset", "kd"], taught: true },
  {
    name: "dkd",
    title: "DKD (T 4, warm-up 3 epochs)",
    arguments: ["--preset", "dkd", "--set", "options.decoupled-distillation.warmupEpochs=3"],
    taught: true,
  },
  { name: "dadkd", title: "DADKD as specified, p 1", arguments: ["--preset", "dadkd"], taught: true },
  {
    name: "dadkd-half",
    title: "DADKD, p 0.5",
    arguments: ["--preset", "dadkd", "--set", "options.snapmix.probability=0.5"],
    taught: true,
  },
];

const seeds = given.seeds.split(",");
for (const seed of seeds) for (const row of rows) train(row, seed);
report();

function folder(row: Pick<Row, "name">, seed: string): string {
  return join(given.out, `${row.name}-${seed}`);
}

function train(row: Row, seed: string): void {
  trainOnce(folder(row, seed), [
    ...row.arguments,
    ...["--config", given.recipe, "--scale", "paper", "--data", given.data],
    ...["--seed", seed, "--engine", given.engine, "--yes"],
    ...(given.weights ? ["--set", `models.${trainedIn(row)}.weights=${given.weights}`] : []),
    ...(row.taught ? ["--teacher", folder({ name: "teacher" }, seed)] : []),
  ]);
}

/** The stage of a row's run, and the role that it trains. */
function trainedIn({ name }: Row): "teacher" | "student" {
  return name === "teacher" ? "teacher" : "student";
}

function report(): void {
  console.log(`| row | seeds ${seeds.join(", ")} | mean | spread | s/run |\n|---|---|---|---|---|`);
  for (const row of rows) {
    const results = seeds.map((seed) => result(row, seed));
    const accuracies = results.map(({ accuracy }) => accuracy);
    const spread = Math.max(...accuracies) - Math.min(...accuracies);
    console.log(
      tableRow([
        row.title,
        accuracies.map((accuracy) => fixed(accuracy)).join(" "),
        fixed(mean(accuracies)),
        fixed(spread),
        Math.round(mean(results.map(({ seconds }) => seconds))),
      ]),
    );
  }
}

function result(row: Row, seed: string): { accuracy: number; seconds: number } {
  const found = resultsOf(folder(row, seed)).find((entry) => entry.stage === trainedIn(row));
  return found ?? { accuracy: Number.NaN, seconds: Number.NaN };
}
