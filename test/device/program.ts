/** The program of `test/device/run.sh`: kernels against the JavaScript backend, then steps against PyTorch; one JSON. */
import { writeFileSync } from "node:fs";
import { contest, type Row } from "./contest.js";
import { takeSteps } from "./opponents.js";
import { cellsOf } from "./targets.js";
import { type Outcome, outcomeOf } from "./vitest.js";

const began = performance.now();
const seconds = () => (performance.now() - began) / 1000;
/** Seconds that all of it may take. */
const bound = Number(process.env.SECONDS_BOUND ?? 350);

/** The tests of kernels, by file. */
type Files = Readonly<Record<string, () => Promise<unknown>>>;

/** Called by the file that pack.sh writes. */
export async function main(files: Files, [command, ...words]: readonly string[]): Promise<void> {
  const [first = "", second = ""] = words;
  if (command === "steps") await takeSteps(first, second === "f16" ? "f16" : "f32");
  else await all(files, first, second);
}

async function correctness(files: Files): Promise<Readonly<Record<string, Outcome>>> {
  const outcomes: Record<string, Outcome> = {};
  const isWanted = new RegExp(process.env.ONLY ?? "");
  for (const [name, load] of Object.entries(files)) {
    if (!isWanted.test(name)) continue;
    if (seconds() > bound / 3) outcomes[name] = { passed: 0, failed: [{ name, message: "no time was left" }] };
    else outcomes[name] = await outcomeOf(name, load);
    process.stderr.write(`${name}: ${outcomes[name].passed} passed, ${outcomes[name].failed.length} failed\n`);
  }
  return outcomes;
}

async function all(files: Files, out: string, peerScript: string): Promise<void> {
  const kernels = await correctness(files);
  const rows: Row[] = [];
  const keep = () =>
    writeFileSync(
      out,
      JSON.stringify({ node: process.version, seconds: seconds(), table: cellsOf(rows), rows, kernels }, null, 1),
    );
  keep();
  await contest(
    peerScript,
    () => bound - seconds(),
    (row) => {
      rows.push(row);
      process.stderr.write(`${JSON.stringify(row)}\n`);
      keep();
    },
  );
  const failures = Object.values(kernels).flatMap(({ failed }) => failed);
  process.stderr.write(
    `${failures.length} failures of kernels, ${rows.length} rows, ${seconds().toFixed(0)} s: ${out}\n`,
  );
  process.exit(failures.length === 0 ? 0 : 1);
}
