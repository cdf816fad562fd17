/** What sends a sweep to a cluster: written here, sent by its user. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kubernetesJob, type Sending, shellWord, slurmCommands, slurmScript, stepsOf } from "../../index.js";
import { lineLogger, print } from "../environment.js";
import { count } from "../terminal/text.js";
import { shortPath } from "../train/run-place.js";
import type { LoadedSweep } from "./load-sweep.js";
import { hasEnded } from "./task-state.js";

/** Slurm's own limit of an array (`MaxArraySize` less one), where nobody has raised it. */
const usualArray = 1000;

/** @returns the exit code */
export function submit(sweep: LoadedSweep, to: "slurm" | "kubernetes"): number {
  const { environment, tasks, home } = sweep;
  const lacking = tasks.filter((task) => !hasEnded(sweep, task));
  if (lacking.length === 0) {
    print(environment, "All tasks have ended: there is nothing to send.");
    return 0;
  }
  // Slurm opens the files of its jobs itself, and makes no folder for them.
  mkdirSync(join(home, "logs"), { recursive: true });
  const lines = to === "slurm" ? toSlurm(sweep, lacking) : toKubernetes(sweep);
  print(environment, `${count(lacking.length, "task")} of ${tasks.length} to run. Send them with:`);
  for (const line of lines) print(environment, `  ${line}`);
  return 0;
}

function toSlurm(sweep: LoadedSweep, lacking: LoadedSweep["tasks"]): readonly string[] {
  const { environment, home, cluster } = sweep;
  const script = join(home, `${sweep.name}.sbatch`);
  const main = fileURLToPath(new URL("../main.js", import.meta.url));
  writeFileSync(script, slurmScript(sendingOf(sweep, `node ${shellWord(main)}`)), { mode: 0o755 });
  if (lacking.some(({ number }) => number > usualArray))
    lineLogger(environment).warn(
      `Slurm takes numbers up to ${usualArray} in an array, unless MaxArraySize of its slurm.conf says otherwise: scontrol show config.`,
    );
  return slurmCommands(shortPath(script, environment.cwd), stepsOf(lacking), cluster);
}

function toKubernetes(sweep: LoadedSweep): readonly string[] {
  const { environment, home } = sweep;
  const manifest = join(home, `${sweep.name}.job.json`);
  const job = kubernetesJob(sendingOf(sweep, "fgkd"), sweep.tasks.length);
  writeFileSync(manifest, `${JSON.stringify(job, null, 2)}\n`);
  return [`kubectl apply -f ${shellWord(shortPath(manifest, environment.cwd))}`];
}

function sendingOf({ name, file, environment, home, cluster }: LoadedSweep, usual: string): Sending {
  const { command = usual } = cluster;
  return { ...{ name, file, cluster, command }, folder: environment.cwd, logs: join(home, "logs") };
}
