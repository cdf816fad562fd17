/** One task of a sweep, in a folder that many share: who comes second waits or leaves it, who comes after a death takes over. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { FgkdError, lockPatience, lookAtLock, pathProblem, runLocked, type SweepTask } from "../../index.js";
import { print, type Stop } from "../environment.js";
import { tellFailure } from "../failure.js";
import { shortPath } from "../train/run-place.js";
import { refuseOther } from "../train/same-run.js";
import { trainCommand } from "../train/train-command.js";
import type { LoadedSweep } from "./load-sweep.js";
import { failureOf, forgetFailure, hasEnded, keepFailure } from "./task-state.js";

/** As shells count signals. */
const stopped = 128;

/** Of `FGKD_RUN_LOCKED`. */
export const inUse = 75;

/** Milliseconds between two looks at what others do: soon at first, then seldom, since a file server answers many. */
const looks = { first: 250, last: 10_000 };

/**
 * Runs a task to its end, and before it what it learns from, unless that has ended or somebody is at it: then waits.
 *
 * @returns the exit code: 0 too where it has ended before
 * @throws FGKD_RUN_LOCKED where another process has it in hand
 */
export async function runTask(sweep: LoadedSweep, task: SweepTask): Promise<number> {
  const { environment } = sweep;
  const run = sweep.runOf(task);
  const place = shortPath(run, environment.cwd);
  if (hasEnded(sweep, task)) {
    await refuse(sweep, task);
    print(environment, `${place} has ended before.`);
    return 0;
  }
  const code = await runTeacher(sweep, task);
  if (code !== 0) return code;
  for (let tries = 0; ; tries++) {
    const stop = await untilFree(sweep, run);
    if (stop) return stop.exitCode;
    if (hasEnded(sweep, task)) return runTask(sweep, task);
    const isAgain = existsSync(join(run, "config.json"));
    try {
      return await attempt(sweep, task, isAgain);
    } catch (error) {
      // Two begin at once, and the other was faster: it is looked at once more.
      if (tries < 3 && isTaken(error, isAgain, run)) continue;
      const exitCode = tellFailure(error, environment);
      const message = error instanceof Error ? error.message : String(error);
      if (exitCode !== inUse) keepFailure(sweep, task, { exitCode, message });
      return exitCode;
    }
  }
}

async function attempt(sweep: LoadedSweep, task: SweepTask, isAgain: boolean): Promise<number> {
  const run = sweep.runOf(task);
  if (isAgain) await refuse(sweep, task);
  forgetFailure(sweep, task);
  const given = isAgain ? { resume: run, quiet: true, yes: true } : sweep.argumentsOf(task);
  const code = await trainCommand(given, sweep.environment);
  if (code !== 0 && code <= stopped)
    keepFailure(sweep, task, { exitCode: code, message: `it ended with code ${code}` });
  return code;
}

function refuse(sweep: LoadedSweep, task: SweepTask): Promise<void> {
  const remedy = "Give the sweep another folder with out, or take that run away.";
  return refuseOther(sweep.runOf(task), sweep.argumentsOf(task), sweep.environment, remedy);
}

function isTaken(error: unknown, isAgain: boolean, run: string): boolean {
  if (!(error instanceof FgkdError)) return false;
  if (error.code === "FGKD_RUN_LOCKED") return true;
  return error.code === "FGKD_PATH" && !isAgain && existsSync(join(run, "config.json"));
}

/**
 * Returns once nobody has the folder in hand. A holder out of sight is given as long as it takes to tell whether it lives.
 *
 * @returns how the user asked to stop meanwhile
 * @throws FGKD_RUN_LOCKED as soon as the holder is known to live
 */
async function untilFree({ environment }: LoadedSweep, run: string): Promise<Stop | undefined> {
  const first = lookAtLock(run);
  const began = environment.now();
  for (let lock = first; lock && lock.isAlive !== false; lock = lookAtLock(run)) {
    if (lock.isAlive || lock.signed !== first?.signed) {
      const place = shortPath(run, environment.cwd);
      throw runLocked(place, lock.holder, "The task is left to it: this process has nothing to do.");
    }
    // Whether it is too old is then for the lock to say, by the disk's own clock.
    if (environment.now() - began > lockPatience) return undefined;
    if (lock === first) print(environment, `${lock.holder} had this task: waiting for a sign of life, or for none.`);
    const stop = await pause(environment, 2000);
    if (stop) return stop;
  }
  return undefined;
}

/** @returns 0 once there is something to learn from, or nothing to be learnt */
async function runTeacher(sweep: LoadedSweep, { teacher: name }: SweepTask): Promise<number> {
  const teacher = sweep.tasks.find((one) => one.name === name);
  if (!teacher) return 0;
  const { environment } = sweep;
  const run = sweep.runOf(teacher);
  const place = shortPath(run, environment.cwd);
  let wait = looks.first;
  while (!hasEnded(sweep, teacher)) {
    const failure = failureOf(sweep, teacher);
    if (failure) {
      const words = `of which this task learns, has failed: ${failure.message}`;
      throw pathProblem(place, words, `Mend that, and run it by itself with --task ${teacher.number}.`);
    }
    try {
      // Whoever comes first trains it.
      const code = await runTask(sweep, teacher);
      if (code !== 0) return code;
    } catch (error) {
      if (!(error instanceof FgkdError) || error.code !== "FGKD_RUN_LOCKED") throw error;
      if (wait === looks.first) print(environment, `Waiting for ${place}, of which this task learns.`);
      const stop = await pause(environment, wait);
      if (stop) return stop.exitCode;
      wait = Math.min(2 * wait, looks.last);
    }
  }
  return 0;
}

/** @returns how the user asked to stop meanwhile */
async function pause({ onStop }: LoadedSweep["environment"], milliseconds: number): Promise<Stop | undefined> {
  const ending = new AbortController();
  let asked: Stop | undefined;
  const stopListening = onStop((stop) => {
    asked = stop;
    ending.abort();
  });
  await setTimeout(milliseconds, undefined, { signal: ending.signal }).catch(() => {});
  stopListening();
  return asked;
}
