/** The tasks of a sweep on this machine, so many at a time, each a process of its own. */
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { SweepTask } from "../../index.js";
import { print, type Stop } from "../environment.js";
import { count, duration } from "../terminal/text.js";
import { shortPath } from "../train/run-place.js";
import { stopping } from "../watching/signals.js";
import type { Child } from "./child.js";
import type { LoadedSweep } from "./load-sweep.js";
import { inUse } from "./run-task.js";
import { failureOf, hasEnded } from "./task-state.js";

/**
 * Tasks in their order, but for those whose teacher is under way: others come first.
 *
 * @param most at a time
 * @returns the exit code: that of the last task that failed
 */
export async function runLocally(sweep: LoadedSweep, most: number): Promise<number> {
  const { environment, home, tasks } = sweep;
  const { startChild, onStop, now } = environment;
  if (!startChild) throw new Error("--local needs processes, and whoever calls this command has given it none");
  const logs = join(home, "logs");
  mkdirSync(logs, { recursive: true });
  const waiting = tasks.filter((task) => !hasEnded(sweep, task));
  print(
    environment,
    `${count(tasks.length, "task")}, of which ${tasks.length - waiting.length} have ended; each prints to ${shortPath(logs, environment.cwd)}.`,
  );
  const running = new Map<SweepTask, Running>();
  let [exitCode, stop] = [0, undefined as Stop | undefined];
  const stopListening = onStop((asked) => {
    stop = asked;
    environment.stderr.write(`${stopping(asked)}\n`);
    for (const { child } of running.values()) child.stop();
  });
  const begin = (task: SweepTask) => {
    waiting.splice(waiting.indexOf(task), 1);
    const [began, log] = [now(), join(logs, `${task.number}.log`)];
    const words = ["sweep", sweep.file, "--task", String(task.number)];
    const child = startChild(words, { cwd: environment.cwd, log, variables: threadsOf(sweep, most) });
    const ended = child.ended.then((code) => {
      running.delete(task);
      const took = duration((now() - began) / 1000);
      print(environment, `Task ${task.number}, ${task.name}: ${inWords(code)} after ${took}.`);
      const why = code === 0 ? undefined : failureOf(sweep, task)?.message;
      if (why !== undefined) print(environment, `  ${why}`);
      if (code !== 0 && code !== inUse) exitCode = code;
    });
    running.set(task, { child, ended });
  };
  const next = () => (running.size < most && !stop ? ready(waiting, running) : undefined);
  try {
    for (;;) {
      for (let task = next(); task; task = next()) begin(task);
      if (running.size === 0) break;
      await Promise.race([...running.values()].map(({ ended }) => ended));
    }
  } finally {
    stopListening();
  }
  return stop?.exitCode ?? exitCode;
}

interface Running {
  readonly child: Child;
  readonly ended: Promise<void>;
}

/** The first that need not wait for one of these processes. */
function ready(waiting: readonly SweepTask[], running: ReadonlyMap<SweepTask, unknown>) {
  const busy = new Set([...waiting, ...running.keys()].map(({ name }) => name));
  return waiting.find(({ teacher }) => teacher === undefined || !busy.has(teacher));
}

/** Cores are shared out, unless somebody has said how many threads there are to be. */
function threadsOf({ cluster, environment }: LoadedSweep, most: number): Readonly<Record<string, string>> {
  if (environment.variables.OMP_NUM_THREADS !== undefined) return {};
  const cores = cluster.cpus ?? Math.max(1, Math.floor(availableParallelism() / most));
  return { OMP_NUM_THREADS: String(cores) };
}

function inWords(code: number): string {
  if (code === 0) return "ended";
  if (code === inUse) return "left to the process that runs it";
  return code > 128 ? `stopped (${code})` : `failed (${code})`;
}
