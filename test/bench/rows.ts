/** What the tables of docs/papers/ share: runs through the command, each made once, and what they came to. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A stage of `result.json`. */
export interface Result {
  readonly stage: string;
  readonly accuracy: number;
  readonly measured: Readonly<Record<string, number>>;
  /** From the manifest. */
  readonly seconds: number;
}

/** Trains unless the folder holds a finished run; goes on with one that was stopped. Ends this process on failure. */
export function trainOnce(out: string, asked: readonly string[]): void {
  if (existsSync(join(out, "result.json"))) return;
  const begun = existsSync(join(out, "config.json"));
  const words = ["dist/core/cli/main.js", ...(begun ? ["--resume", out] : [...asked, "--out", out])];
  const { status } = spawnSync("node", words, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
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
