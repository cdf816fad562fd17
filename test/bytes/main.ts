/** Records the bytes of what every preset leaves at tiny scale, and compares two records: `npm run bytes -- --help`. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { cases, type Engine, engines, type Scale, scales } from "./cases.js";
import { type Bytes, compare } from "./compare.js";
import type { Left } from "./left.js";
import { commandOf, record } from "./record.js";

interface Options {
  readonly checkout: string;
  readonly out?: string;
  readonly compare?: boolean;
  readonly preset?: readonly string[];
  readonly scale?: readonly Scale[];
  readonly engine?: readonly Engine[];
  readonly allowMissing?: boolean;
}

// Its type is written out so that the compiler knows that nothing follows `command.error`.
const command: Command = new Command("npm run bytes --")
  .description("Records tensors and numbers that runs of a built checkout leave, or compares two records.")
  .argument("[files...]", "with --compare: the record of before and the one of after")
  .option("--checkout <dir>", "whose dist/ runs", fileURLToPath(new URL("../../", import.meta.url)))
  .option("--out <file>", "where the record goes")
  .option("--compare", "tell every difference of two records; exit code 1 when there is any")
  .addOption(choice("preset", Object.keys(cases)))
  .addOption(choice("scale", scales))
  .addOption(choice("engine", engines))
  .option("--allow-missing", "record the other engines when one cannot run here")
  .parse();
const options = command.opts<Options>();
if (options.compare) compareFiles(command.args);
else recordAll();

function recordAll(): void {
  const { out } = options;
  if (!out || command.args.length > 0) command.error("error: give --out FILE, or --compare and two files");
  const main = commandOf(resolve(options.checkout));
  const runs: Record<string, Left> = {};
  const lacking = new Map<Engine, string>();
  for (const [preset, scale, engine] of wanted()) {
    if (lacking.has(engine)) continue;
    const name = `${preset}, ${scale}, ${engine}`;
    const left = record(main, { preset, scale, engine, ...(cases[preset] as (typeof cases)[string]) });
    if (typeof left === "string") lacking.set(engine, left);
    else runs[name] = left;
    console.log(typeof left === "string" ? `${engine} is missing: ${left}` : `${name}: ${Object.keys(left).length}`);
  }
  const bytes: Bytes = { machine: `${cpus()[0]?.model.trim()}, Node.js ${process.version}`, runs };
  writeFileSync(out, `${JSON.stringify(bytes, null, 1)}\n`);
  console.log(`${Object.keys(runs).length} runs in ${out}`);
  if (lacking.size > 0 && !options.allowMissing)
    command.error(`error: ${[...lacking.keys()].join(", ")} cannot run here; --allow-missing does without`);
}

function compareFiles(files: readonly string[]): void {
  const [before, after, ...more] = files.map((file) => narrowed(JSON.parse(readFileSync(file, "utf8")) as Bytes));
  if (!before || !after || more.length > 0) command.error("error: --compare takes two records");
  const count = Object.keys(before.runs).length;
  if (count === 0) command.error("error: the first record holds no such run");
  if (before.machine !== after.machine) console.log(`made on ${before.machine}, and on ${after.machine}`);
  const found = compare(before, after);
  for (const line of found) console.log(line);
  console.log(found.length === 0 ? `${count} runs, all the same` : `differences: ${found.length}`);
  process.exitCode = found.length === 0 ? 0 : 1;
}

/** The runs that are asked for. */
function narrowed({ machine, runs }: Bytes): Bytes {
  const asked = [options.preset, options.scale, options.engine] as readonly (readonly string[] | undefined)[];
  const isAsked = (run: string) => run.split(", ").every((word, place) => asked[place]?.includes(word) ?? true);
  return { machine, runs: Object.fromEntries(Object.entries(runs).filter(([run]) => isAsked(run))) };
}

function wanted(): readonly (readonly [preset: string, scale: Scale, engine: Engine])[] {
  const { preset = Object.keys(cases), scale = scales, engine = engines } = options;
  return preset.flatMap((name) => scale.flatMap((size) => engine.map((on) => [name, size, on] as const)));
}

function choice(name: string, values: readonly string[]): Option {
  return new Option(`--${name} <name...>`, "these alone (default: all)").choices(values);
}
