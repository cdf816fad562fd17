/** A sweep as an array of Slurm: the script of every task, and the commands that send it. */
import { shellWord } from "../values/words.js";
import type { SweepTask } from "./expand.js";
import { indexRanges } from "./index-ranges.js";
import type { Cluster } from "./sweep-file.js";

/** What is to be sent, and from where. */
export interface Sending {
  readonly name: string;
  /** File of the sweep. Absolute. */
  readonly file: string;
  /** In which it lies, and every task works. */
  readonly folder: string;
  /** Folder of what each task prints. */
  readonly logs: string;
  readonly cluster: Cluster;
  /** How fgkd is started. */
  readonly command: string;
}

/** Seconds between a warning and the end: a step, a checkpoint, and the disk of many. */
const grace = 120;

/**
 * One script for all tasks. Slurm's warning before the time limit (USR1) ends a task with a checkpoint and exit code 138, and then
 * the script asks for the same task again. TERM, which comes with `scancel`, a requeue or a preemption, ends it likewise (143); whether it comes
 * again is then for Slurm to say, and a task that somebody cancels stays cancelled.
 */
export function slurmScript({ name, file, folder, logs, cluster, command }: Sending): string {
  const { cpus, gpus, memory, time, slurm = {}, preamble = "" } = cluster;
  const own: Readonly<Record<string, string | number | undefined>> = {
    "job-name": name,
    chdir: folder,
    output: `${logs}/%a.log`,
    "open-mode": "append",
    signal: `B:USR1@${grace}`,
    "cpus-per-task": cpus,
    gres: gpus === undefined ? undefined : `gpu:${gpus}`,
    mem: memory === undefined ? undefined : `${memory}G`,
    time,
    ...slurm,
  };
  const options = Object.entries(own).flatMap(([key, value]) =>
    value === undefined ? [] : [`#SBATCH --${key}=${directiveWord(String(value))}`],
  );
  const before = [
    // Not all sites hold a task to its cores.
    ...(cpus === undefined ? [] : [`export OMP_NUM_THREADS=${cpus}`]),
    ...(preamble.trim() === "" ? [] : [preamble.trim()]),
  ];
  const lines = [
    ...["#!/bin/bash", ...options, "#SBATCH --requeue", "", ...before],
    'echo "Task $SLURM_ARRAY_TASK_ID begins on $SLURMD_NODENAME, $(date), job $SLURM_JOB_ID."',
    `${command} sweep ${shellWord(file)} --task "$SLURM_ARRAY_TASK_ID" &`,
    "task=$!",
    "trap 'kill -USR1 $task' USR1",
    "trap 'kill -TERM $task' TERM",
    "# A signal ends the wait, not the task.",
    "wait $task",
    "while kill -0 $task 2>/dev/null; do wait $task; done",
    "wait $task",
    "code=$?",
    'echo "Ended with code $code, $(date)."',
    "# Stopped before the time limit, with a checkpoint.",
    'if [ $code -eq 138 ]; then scontrol requeue "$SLURM_JOB_ID"; fi',
    "exit $code",
  ];
  return `${lines.join("\n")}\n`;
}

/** Slurm reads a directive's value as a shell would, by words. */
function directiveWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replaceAll(/(["\\])/g, "\\$1")}"`;
}

/**
 * What somebody types to send the script, one line for each step of who learns from whom: no node is held by a task that waits for
 * its teacher. A step begins when the one before has ended, however that was: a task tries what it lacks itself.
 *
 * @param steps tasks to be sent, those that learn from nobody first
 */
export function slurmCommands(
  script: string,
  steps: readonly (readonly SweepTask[])[],
  { atOnce }: Cluster,
): readonly string[] {
  const arrays = steps.map(
    (tasks) => `--array=${indexRanges(tasks.map(({ number }) => number))}${atOnce ? `%${atOnce}` : ""}`,
  );
  return arrays.map((array, at) => {
    const after = at === 0 ? "" : "--dependency=afterany:$before ";
    const send = `${after}${array} ${shellWord(script)}`;
    return at === arrays.length - 1 ? `sbatch ${send}` : `before=$(sbatch --parsable ${send})`;
  });
}

/** Tasks by how long the chain is of those that they learn from. */
export function stepsOf(tasks: readonly SweepTask[]): readonly (readonly SweepTask[])[] {
  const depths = new Map<string, number>();
  for (const { name, teacher } of tasks) depths.set(name, teacher === undefined ? 0 : (depths.get(teacher) ?? -1) + 1);
  const deepest = Math.max(0, ...depths.values());
  const at = (depth: number) => tasks.filter(({ name }) => depths.get(name) === depth);
  return Array.from({ length: deepest + 1 }, (_, depth) => at(depth)).filter(({ length }) => length > 0);
}
