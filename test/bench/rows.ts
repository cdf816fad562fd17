/** What the tables of docs/papers/ share: runs through the command, each made once, and what they came to. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A stage of `result.json`. */
export interface Result {
  readonly stage: string;
  readonly accuracy: number;
  readonly best: number;
  readonly measured: Readonly<Record<string, number>>;
  /** From the manifest. */
  readonly seconds: number;
}

/** The command's exit code when another process has the run. */
const locked = 75;
const nap = 10_000;

/**
 * Trains unless the folder holds a finished run; goes on with one that was stopped, and waits for one that another process
 * has in hand. Ends this process on failure.
 */
export function trainOnce(out: string, asked: readonly string[]): void {
  const holds = (file: string) => existsSync(join(out, file));
  while (!holds("result.json")) {
    const begun = holds("config.json");
    const words = ["dist/core/cli/main.js", ...(begun ? ["--resume", out] : [...asked, "--out", out])];
    const { status } = spawnSync("node", words, { stdio: "inherit" });
    const cameSecond = !begun && holds("config.json");
    if (status === locked || (status !== 0 && cameSecond)) sleep(nap);
    else if (status !== 0) process.exit(status ?? 1);
  }
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Whether there is anything to report. */
export function isFinished(out: string): boolean {
  return existsSync(join(out, "result.json"));
}

/** By stage, in order. */
export function resultsOf(out: string): readonly Result[] {
  const read = (file: string) => JSON.parse(readFileSync(join(out, file), "utf8"));
  const { stages } = read("result.json") as { stages: readonly Omit<Result, "seconds">[] };
  const { seconds } = read("manifest.json") as { seconds: Readonly<Record<string, number>> };
  return stages.map((result) => ({ ...result, seconds: seconds[result.stage] ?? Number.NaN }));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function fixed(value: number | undefined, digits = 1): string {
  return value === undefined ? "–" : value.toFixed(digits);
}

/** A line of a Markdown table. */
export function tableRow(cells: readonly (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}
