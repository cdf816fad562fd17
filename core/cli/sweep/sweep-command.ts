/** `fgkd sweep FILE`: one experiment in many settings, task by task. */
import { checkRun, invalidConfig, type SweepTask } from "../../index.js";
import type { SweepArguments, TrainArguments } from "../arguments.js";
import { type Environment, print } from "../environment.js";
import { table } from "../terminal/tables.js";
import { count } from "../terminal/text.js";
import { chooseRun } from "../train/choose-run.js";
import { shortPath } from "../train/run-place.js";
import { trainCommand } from "../train/train-command.js";
import { type LoadedSweep, loadSweep, withPreamble } from "./load-sweep.js";
import { runLocally } from "./local.js";
import { runTask } from "./run-task.js";
import { submit } from "./submit.js";

/** By which schedulers tell a process which task of many it is. */
const numbers = ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"] as const;

/** @returns the exit code */
export async function sweepCommand(path: string, given: SweepArguments, environment: Environment): Promise<number> {
  const sweep = withPreamble(await loadSweep(path, environment), given.preamble, environment.cwd);
  const { local, submit: to, dryRun } = given;
  if (local === undefined && to === undefined) {
    const task = taskOf(sweep, given, environment);
    if (task) return dryRun ? tryTask(sweep, task) : runTask(sweep, task);
  }
  await checkTasks(sweep);
  if (dryRun) return tryAll(sweep);
  if (to) return submit(sweep, to);
  return local === undefined ? list(sweep) : runLocally(sweep, local);
}

/** The one that is asked for, here or by a scheduler. */
function taskOf({ tasks, origin }: LoadedSweep, { task }: SweepArguments, { variables }: Environment) {
  const name = numbers.find((one) => variables[one] !== undefined && variables[one] !== "");
  if (task === undefined && name === undefined) return undefined;
  const asked = task ?? Number(variables[name as string]);
  const found = tasks[asked];
  if (found) return found;
  throw invalidConfig(origin, `it has no task ${asked}`, `Its tasks are 0 to ${tasks.length - 1}.`);
}

/** What is misspelt is told before anything is sent or begun. @throws what `chooseRun` and `checkRun` throw */
async function checkTasks(sweep: LoadedSweep): Promise<void> {
  for (const task of sweep.tasks) checkRun(await chooseRun(argumentsAlone(sweep, task), sweep.environment));
}

/** What it would learn from may not be there yet, or be half trained. */
function argumentsAlone({ argumentsOf }: LoadedSweep, task: SweepTask): TrainArguments {
  const { teacher, ...given } = argumentsOf(task);
  return { ...given, ...(task.teacher === undefined && teacher !== undefined && { teacher }) };
}

/** Two steps of every stage. */
function tryTask(sweep: LoadedSweep, task: SweepTask): Promise<number> {
  print(sweep.environment, `Task ${task.number}, ${task.name}.`);
  return trainCommand({ ...argumentsAlone(sweep, task), dryRun: true }, sweep.environment);
}

async function tryAll(sweep: LoadedSweep): Promise<number> {
  for (const task of sweep.tasks) {
    const code = await tryTask(sweep, task);
    if (code !== 0) return code;
  }
  return 0;
}

function list({ tasks, home, origin, environment }: LoadedSweep): number {
  const heads = [{ head: "task", align: "right" }, { head: "run" }, { head: "learns from" }] as const;
  const rows = tasks.map(({ number, name, teacher = "" }) => [String(number), name, teacher]);
  print(environment, table(heads, rows, environment.stdout, environment.variables));
  print(environment);
  print(
    environment,
    `${count(tasks.length, "task")} of ${origin}, in ${shortPath(home, environment.cwd)}: run them with --local, --task or --submit.`,
  );
  return 0;
}
