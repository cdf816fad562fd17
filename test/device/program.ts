/** The program of `test/device/run.sh`: kernels against the JavaScript backend, then steps against PyTorch; one JSON. */
import { writeFileSync } from "node:fs";
import { answerLines, type Child, startChild, tell } from "./children.js";
import { contest, processes, type Row } from "./contest.js";
import { takeSteps } from "./opponents.js";
import { cellsOf } from "./targets.js";
import { type Outcome, outcomeOf } from "./vitest.js";
import { workloads } from "./workloads.js";

const seconds = () => performance.now() / 1000;
/** Seconds that all of it may take. */
const bound = Number(process.env.SECONDS_BOUND ?? 350);
/** … of them for kernels, and for the kernels of one file. */
const [forKernels, forFile] = [bound / 3, bound / 6];

/** The tests of kernels, by file. */
type Files = Readonly<Record<string, () => Promise<unknown>>>;

/**
 * Called by the file that pack.sh writes.
 *
 * @param words `all RESULT PEER`, or what it starts itself with: `kernels`, `steps WORKLOAD PRECISION SECONDS`
 */
export async function main(files: Files, [command, ...words]: readonly string[]): Promise<void> {
  const [first = "", second = "", third = ""] = words;
  if (command === "steps") await takeSteps(first, second === "f16" ? "f16" : "f32", Number(third));
  else if (command === "kernels") await testKernels(files);
  else await all(Object.keys(files), first, second);
}

/** Tests the files that it is told the names of. */
async function testKernels(files: Files): Promise<void> {
  tell({ ready: "kernels" });
  await answerLines(({ file }: { readonly file: string }) =>
    outcomeOf(file, files[file] ?? (() => Promise.reject(new Error("there is no such file")))),
  );
}

/** In a process of its own: a driver that crashes, or a test without an end, costs its file alone. */
async function correctness(names: readonly string[], outcomes: Record<string, Outcome>, keep: () => void) {
  let tester: Child<Outcome> | undefined;
  let until = 0;
  for (const name of names) {
    const left = forKernels - seconds();
    until = seconds() + Math.min(left, forFile);
    try {
      if (left <= 0) throw new Error("no time was left");
      tester ??= await startChild<Outcome>(
        process.execPath,
        [process.argv[1] as string, "kernels"],
        () => until - seconds(),
      );
      outcomes[name] = await tester.ask({ file: name });
    } catch (cause) {
      tester?.end();
      tester = undefined;
      outcomes[name] = { passed: 0, failed: [{ name, message: (cause as Error).message }] };
    }
    keep();
    process.stderr.write(`${name}: ${outcomes[name].passed} passed, ${outcomes[name].failed.length} failed\n`);
  }
  tester?.end();
}

function chosen(names: readonly string[], pattern: string | undefined): readonly string[] {
  return names.filter((name) => new RegExp(pattern ?? "").test(name));
}

async function all(files: readonly string[], out: string, peerScript: string): Promise<void> {
  const kernels: Record<string, Outcome> = {};
  const rows: Row[] = [];
  // Whenever something is known: who is cut off has the rest.
  const keep = () =>
    writeFileSync(
      out,
      JSON.stringify({ node: process.version, seconds: seconds(), table: cellsOf(rows), rows, kernels }, null, 1),
    );
  await correctness(chosen(files, process.env.ONLY), kernels, keep);
  await contest(
    processes(process.argv[1] as string, peerScript),
    () => bound - seconds(),
    (row) => {
      rows.push(row);
      process.stderr.write(`${JSON.stringify(row)}\n`);
      keep();
    },
    chosen(Object.keys(workloads), process.env.ROWS),
  );
  keep();
  const failures = Object.values(kernels).flatMap(({ failed }) => failed);
  process.stderr.write(
    `${failures.length} failures of kernels, ${rows.length} rows, ${seconds().toFixed(0)} s: ${out}\n`,
  );
  process.exit(failures.length === 0 ? 0 : 1);
}
