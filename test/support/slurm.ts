/** A cluster of one machine: munge, a controller of Slurm and two nodes, as processes in a folder, on loopback. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { accessSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";

const programs = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel"];

/** What is lacking to start one, and how to get it; `null` when all is here. */
export function lacksSlurm(): string | null {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
  const missing = programs.filter((program) => !folders.some((folder) => canRun(join(folder, program))));
  if (missing.length > 0)
    return `${missing.join(", ")} not found: apt-get install --no-install-recommends slurm-wlm munge`;
  return process.getuid?.() === 0 ? null : "daemons of Slurm start others' jobs, and so are started by root";
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface SlurmCluster {
  /** Runs lines of shell with the cluster's commands. @returns what they print */
  shell(lines: string, cwd?: string): Promise<string>;
  /** Until no job is left in the queue. @throws after so many milliseconds, with the queue */
  idle(most: number): Promise<void>;
  stop(): Promise<void>;
}

/** Takes some seconds. @throws when the nodes do not come up */
export async function startSlurm(): Promise<SlurmCluster> {
  const folder = mkdtempSync(join(tmpdir(), "fgkd-slurm-"));
  for (const name of ["state", "spool-n1", "spool-n2", "log"]) mkdirSync(join(folder, name));
  const [controller = 0, first = 0, second = 0] = await freePorts(3);
  const config = join(folder, "slurm.conf");
  writeFileSync(config, configOf(folder, controller, [first, second]));
  writeFileSync(join(folder, "munge.key"), randomBytes(128), { mode: 0o400 });
  const env = { ...process.env, SLURM_CONF: config, PATH: `${process.env.PATH}${delimiter}/usr/sbin` };
  const started: ChildProcess[] = [];
  const start = (program: string, words: readonly string[], log: string) => {
    const file = openSync(join(folder, "log", log), "a");
    started.push(spawn(program, words, { env, stdio: ["ignore", file, file] }));
  };
  const at = (name: string) => join(folder, name);
  start("munged", ["--foreground", "--force", ...mungeWords(at)], "munged.out");
  await setTimeout(500);
  start("slurmctld", ["-D", "-f", config], "slurmctld.out");
  for (const node of ["n1", "n2"]) start("slurmd", ["-D", "-N", node, "-f", config], `${node}.out`);
  const run = promisify(execFile);
  const shell = async (lines: string, cwd = folder) => (await run("bash", ["-c", lines], { env, cwd })).stdout;
  const stop = async () => {
    // No job outlives its nodes. Where nothing came up there is none.
    const cancel = "scancel --full --signal=KILL --user=root; scancel --user=root";
    await shell(cancel).catch(() => "");
    await until(async () => (await shell("squeue -h").catch(() => "")) === "", 60_000).catch(() => {});
    // Nodes and controller before what they prove their identity with.
    for (const child of started.reverse()) await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(async () => (await shell("sinfo -h -t idle -o %D").catch(() => "")).trim() === "2", 30_000);
  } catch (error) {
    await stop();
    throw error;
  }
  const idle = async (most: number) => {
    await until(async () => (await shell("squeue -h")) === "", most).catch(async () => {
      throw new Error(`still in the queue: ${await shell("squeue")}`);
    });
  };
  return { shell, idle, stop };
}

/** Slurm tells a job that is requeued to wait until its credential is forgotten: ten seconds here, 120 by default. */
function configOf(folder: string, controller: number, nodes: readonly number[]): string {
  const node = (port: number, at: number) =>
    `NodeName=n${at + 1} NodeHostname=localhost NodeAddr=127.0.0.1 Port=${port} CPUs=1 RealMemory=2000`;
  return `ClusterName=fgkd
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=${controller}
AuthType=auth/munge
AuthInfo=socket=${folder}/munge.sock,cred_expire=10
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool-%n
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd-%n.pid
SlurmctldLogFile=${folder}/log/slurmctld.log
SlurmdLogFile=${folder}/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
KillWait=60
PropagateResourceLimits=NONE
${nodes.map(node).join("\n")}
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
`;
}

function mungeWords(at: (name: string) => string): readonly string[] {
  const files = { "key-file": "munge.key", socket: "munge.sock", "pid-file": "munged.pid", "seed-file": "munge.seed" };
  const words = Object.entries(files).map(([option, name]) => `--${option}=${at(name)}`);
  return [...words, `--log-file=${at("log/munged.log")}`, "--num-threads=2", "--origin=127.0.0.1"];
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const close = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGTERM");
  await Promise.race([close, setTimeout(10_000)]);
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
}

/** @throws Error when it does not come to hold */
export async function until(condition: () => Promise<boolean> | boolean, most: number): Promise<void> {
  const began = performance.now();
  while (!(await condition())) {
    if (performance.now() - began > most) throw new Error(`not within ${most / 1000} seconds`);
    await setTimeout(250);
  }
}
