/**
 * Makes the tables of docs/papers/or-ensemble.md: plain, adaptive and fixed, each seed, one run after the other through the
 * command; then single and ensemble accuracy for every number of members, and how the members differ.
 *
 *     npx tsx test/bench/ensemble-table.ts --data ../shared/data/grocery [--seeds 0,1] [--members 3] [--engine onednn] [--threads 1]
 *
 * Without --data: the built-in birds at the demo's scale, and how much of each member's attention lies on which part.
 * `--epochs 1` tries the whole out. A finished run folder is not run again, so that two processes with different seeds may
 * share the work.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { attentionOnParts } from "./bird-attention.js";
import { fixed, mean, resultsOf, tableRow, trainOnce } from "./rows.js";

const { values: given } = parseArgs({
  options: {
    data: { type: "string" },
    seeds: { type: "string", default: "0,1" },
    members: { type: "string", default: "3" },
    epochs: { type: "string" },
    engine: { type: "string", default: "auto" },
    threads: { type: "string" },
    out: { type: "string" },
  },
});

const fixedWeight = ["--set", "options.orthogonal-attention.weighting=fixed"];
const modes = [
  { name: "plain", arguments: ["--preset", "ensemble"] },
  { name: "adaptive", arguments: ["--preset", "or-ensemble"] },
  { name: "fixed", arguments: ["--preset", "or-ensemble", ...fixedWeight] },
] as const;

/** The recipe's network; the file of its other settings cannot name it, for it is an option of either preset. */
const network = {
  name: "resnet",
  block: "basic",
  depths: [1, 1, 1, 1],
  widths: [32, 64, 128, 256],
  strides: [1, 2, 2, 1],
  zeroInitResidual: true,
  hidden: 128,
};

const members = Number(given.members);
const seeds = given.seeds.split(",");
const out = given.out ?? (given.data === undefined ? "runs/ensemble-birds" : "runs/ensemble-table");
const folder = (mode: string, seed: string) => join(out, `${mode}-${seed}`);

for (const seed of seeds) for (const mode of modes) train(mode, seed);
report();
if (given.data === undefined) await reportParts();

function train({ name, arguments: chosen }: (typeof modes)[number], seed: string): void {
  const recipe =
    given.data === undefined
      ? ["--scale", "demo"]
      : [
          ...["--config", "docs/papers/small-scale-ensemble.json", "--scale", "paper", "--data", given.data],
          ...["--set", `options.${chosen[1]}.backbone=${JSON.stringify(network)}`],
        ];
  trainOnce(folder(name, seed), [
    ...chosen,
    ...recipe,
    ...["--count", given.members, "--seed", seed, "--engine", given.engine, "--quiet"],
    ...(given.epochs === undefined ? [] : ["--epochs", given.epochs]),
    ...(given.threads === undefined ? [] : ["--threads", given.threads]),
  ]);
}

function report(): void {
  const counts = Array.from({ length: members }, (_, index) => index + 1).join(" / ");
  const heads = ["seed", "mode", `single ${counts}`, `ensemble N = ${counts}`, "correlation of maps"];
  console.log(tableRow([...heads, "disagreement", "blind share", "s/member"]));
  console.log(tableRow(Array.from({ length: 8 }, () => "---")));
  for (const seed of seeds)
    for (const { name } of modes) {
      const results = resultsOf(folder(name, seed));
      const last = results.at(-1)?.measured;
      const each = (values: readonly (number | undefined)[]) => values.map((value) => fixed(value)).join(" ");
      console.log(
        tableRow([
          seed,
          name,
          each(results.map(({ accuracy }) => accuracy)),
          each(results.map(({ measured }) => measured.ensembleAccuracy)),
          fixed(last?.mapCorrelation, 2),
          fixed(last?.disagreement),
          fixed(last?.blindShare),
          Math.round(mean(results.map(({ seconds }) => seconds))),
        ]),
      );
    }
}

async function reportParts(): Promise<void> {
  for (const [index, seed] of seeds.entries())
    for (const { name } of modes) {
      const shares = await attentionOnParts(folder(name, seed), given.engine);
      const places = Object.keys(shares.area);
      if (index === 0 && name === "plain") {
        console.log(`\n${tableRow(["seed", "mode", "member", ...places])}`);
        console.log(tableRow(Array.from({ length: 3 + places.length }, () => "---")));
        console.log(
          tableRow(["", "share of the area", "", ...Object.values(shares.area).map((share) => fixed(share))]),
        );
      }
      for (const [role, on] of Object.entries(shares.members))
        console.log(tableRow([seed, name, role, ...Object.values(on).map((share) => fixed(share))]));
    }
}
