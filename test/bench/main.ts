/**
 * Measures fgkd against PyTorch, workload by workload, in turn: `npm run bench -- --help`.
 *
 * PyTorch takes part where Debian's python3-torch, python3-torchvision and libopenblas0-pthread are installed and
 * `../shared/bench/pytorch_steps.py` is there.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { alone, contest, type Result, type Rules } from "./contest.js";
import { compared, readFigures, recordFigures } from "./figures.js";
import { findPeer, type Peer, usualPython } from "./opponent.js";
import { contestTable, inMarkdown, inTerminal, kernelTable, profileTable, singlesTable } from "./report.js";
import { type BenchPrecision, benchPrecisions, knownBackbones, type Workload, workloads } from "./workloads.js";

interface Options {
  readonly workload: readonly string[];
  readonly engine: string;
  readonly precision: readonly BenchPrecision[];
  readonly pairs: number;
  readonly threads: number;
  readonly quick?: boolean;
  readonly profile?: boolean;
  readonly kernels?: boolean;
  /** False: without PyTorch. */
  readonly peer: readonly string[] | boolean;
  readonly markdown?: boolean;
  readonly json?: string;
  readonly record?: boolean;
}

const command = new Command("npm run bench --")
  .description("Measures fgkd's steps against PyTorch's, in turn.")
  .argument("[what]", "data: how many pictures a second come from files, in place of steps")
  .option("--workload <text...>", "those whose name contains one of these", [])
  .option("--engine <name>", "fgkd's engine", "onednn")
  .addOption(
    new Option("--precision <name...>", "f32, bf16 beside PyTorch's autocast, or both")
      .choices(benchPrecisions)
      .default(["f32"], "f32"),
  )
  .option("--pairs <number>", "turns of each", count, 7)
  .option("--threads <number>", "of each", count, availableParallelism())
  .option("--quick", "one step a turn, three pairs, two small workloads unless others are named")
  .option("--profile", "also where fgkd's time goes, by kernel and shape")
  .option("--kernels", "single kernels in place of workloads")
  .option("--no-peer", "without PyTorch")
  .option(
    "--peer <command...>",
    'the Python that has PyTorch, such as "chroot FOLDER python3"; of several the faster one counts (default: "/usr/bin/python3")',
  )
  .option("--markdown", "tables to paste")
  .option("--json <file>", "also write every number")
  .option("--record", "keep the figures in test/bench/figures.json: later ones are compared with them")
  .parse();
const options = command.opts<Options>();

const rules: Rules = {
  engine: options.engine,
  threads: options.threads,
  pairs: options.quick ? Math.min(3, options.pairs) : options.pairs,
  turnSeconds: options.quick ? 0 : 1,
  profile: options.profile ?? false,
};
const draw = options.markdown ? inMarkdown : inTerminal;
const note = (line: string) => process.stderr.write(`${line}\n`);

if (command.args[0] === "data") {
  const { measureData } = await import("./data.js");
  console.log(await measureData(rules.pairs, draw));
  process.exit(0);
}

/** A training step and a look, which goes through other code. */
const quickly = ["train resnet18", "infer resnet50 16x128"];

const [load = 0] = loadavg();
const peers = options.peer && !options.kernels ? findPeers() : [];
const [first = "f32"] = options.precision;
const { name, rate, singles } = await alone(rules, first, options.kernels ?? false);
const peaks: Partial<Record<BenchPrecision, number>> = { [first]: rate };
for (const precision of options.precision) peaks[precision] ??= (await alone(rules, precision, false)).rate;
const system = `${cpus()[0]?.model.trim()}, ${options.threads} threads; ${name}; ${peers.map((peer) => peer.name).join(", ") || "no peer"}`;
const reached = Object.entries(peaks).map(([precision, peak]) => `${(peak / 1e9).toFixed(0)} GFLOP/s in ${precision}`);
note(`${system}; convolutions reach ${reached.join(", ")}`);
if (load > 0.5) note(`Other programs are running (load ${load.toFixed(1)}): these times are not to be quoted.`);
const results: Result[] = [];
for (const workload of options.kernels ? [] : chosen()) {
  note(`${workload.name} …`);
  const result = await contest(workload, rules, peers);
  results.push(result);
  const { fgkd, ratio } = result;
  note(`  ${fgkd.seconds.toFixed(3)} s${ratio ? `, ${ratio.median.toFixed(2)} of ${result.peer?.name}'s` : ""}`);
}
console.log(options.kernels ? singlesTable(singles, rate, draw) : contestTable(results, peaks, draw));
for (const { workload, profile } of results) {
  if (profile) console.log(`\n${workload}\n\n${kernelTable(profile, draw)}\n\n${profileTable(profile, draw)}`);
}
if (results.length > 0) {
  const machine = `${cpus()[0]?.model.trim()}, ${options.threads} threads; ${name}`;
  console.log(`\n${compared(readFigures(), machine, results, draw)}`);
  if (options.record) recordFigures(machine, load, results);
}
if (options.json) {
  const { version: node } = process;
  const whole = { system, node, load, date: new Date().toISOString(), rules, peaks, results, singles };
  writeFileSync(options.json, `${JSON.stringify(whole, null, 2)}\n`);
}

function findPeers(): readonly Peer[] {
  const commands = typeof options.peer === "boolean" ? [usualPython] : options.peer;
  const found = commands.map((text) => findPeer(text));
  for (const { lacks } of found) if (lacks) note(`Without PyTorch: ${lacks}.`);
  return found.filter(({ lacks }) => !lacks);
}

/** Those asked for whose backbone there is; says which are left out. */
function chosen(): readonly Workload[] {
  const backbones = knownBackbones();
  const wanted = options.workload.length > 0 ? options.workload : options.quick ? quickly : [""];
  const known = workloads.filter(({ precision }) => options.precision.includes(precision));
  const asked = known.filter(({ name }) => wanted.some((text) => name.includes(text)));
  const ready = asked.filter(({ backbone }) => backbones.includes(backbone));
  const others = asked.filter((workload) => !ready.includes(workload)).map(({ name }) => name);
  if (others.length > 0) note(`No such backbone yet: ${others.join(", ")}.`);
  if (ready.length === 0) note(`No workload to measure. There are: ${known.map(({ name }) => name).join(", ")}.`);
  return ready;
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("A whole number from 1 on.");
  return number;
}
