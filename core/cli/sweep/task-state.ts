/** How far a task has come, as its folder tells anybody who looks. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lockPatience, lookAtLock, readReportedRun, type SweepTask } from "../../index.js";
import { isSameRun } from "../train/same-run.js";
import type { LoadedSweep } from "./load-sweep.js";

export interface SeenTask {
  readonly task: SweepTask;
  /** `other`: the folder holds a run of other settings. `failed`: it ended otherwise than well, and nobody has tried again. */
  readonly state: "ended" | "runs" | "stopped" | "failed" | "other" | "to begin";
  /** Who runs it, or why it failed. */
  readonly detail?: string;
  /** Epochs of all stages that are behind it. */
  readonly epochs: number;
}

export interface Failure {
  readonly exitCode: number;
  readonly message: string;
}

/** Where what failed is kept until somebody tries again, beside the folders of runs. */
function failureFile({ home }: LoadedSweep, { name }: Pick<SweepTask, "name">): string {
  return join(home, "failures", `${name}.json`);
}

export function keepFailure(sweep: LoadedSweep, task: SweepTask, failure: Failure): void {
  mkdirSync(join(sweep.home, "failures"), { recursive: true });
  writeFileSync(failureFile(sweep, task), `${JSON.stringify(failure)}\n`);
}

export function forgetFailure(sweep: LoadedSweep, task: SweepTask): void {
  rmSync(failureFile(sweep, task), { force: true });
}

export function failureOf(sweep: LoadedSweep, task: Pick<SweepTask, "name">): Failure | null {
  try {
    const { exitCode, message } = JSON.parse(readFileSync(failureFile(sweep, task), "utf8")) as Failure;
    return { exitCode, message };
  } catch {
    // None, or one that is being written.
    return null;
  }
}

export function hasEnded(sweep: LoadedSweep, task: SweepTask): boolean {
  return existsSync(join(sweep.runOf(task), "result.json"));
}

/** Looks at each, and touches nothing. */
export async function seeTasks(sweep: LoadedSweep): Promise<readonly SeenTask[]> {
  const seen: SeenTask[] = [];
  for (const task of sweep.tasks) seen.push({ task, ...(await stateOf(sweep, task)) });
  return seen;
}

async function stateOf(sweep: LoadedSweep, task: SweepTask): Promise<Omit<SeenTask, "task">> {
  const run = sweep.runOf(task);
  const failure = failureOf(sweep, task);
  const failed = { state: "failed", detail: failure?.message ?? "" } as const;
  const lock = lookAtLock(run);
  // Clocks of machines may differ by seconds, and the next sign may be on its way.
  const isHeld = lock && (lock.isAlive ?? Date.now() - lock.signed < lockPatience);
  if (!existsSync(join(run, "config.json"))) {
    if (isHeld) return { state: "runs", detail: lock.holder, epochs: 0 };
    return failure ? { ...failed, epochs: 0 } : { state: "to begin", epochs: 0 };
  }
  if (!(await isSameRun(run, sweep.argumentsOf(task), sweep.environment))) return { state: "other", epochs: 0 };
  const { history } = readReportedRun(run, run);
  const epochs = history.length;
  if (hasEnded(sweep, task)) return { state: "ended", epochs };
  if (isHeld) return { state: "runs", detail: lock.holder, epochs };
  return failure ? { ...failed, epochs } : { state: "stopped", epochs };
}
