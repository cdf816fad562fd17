/** The processes that are compared, and how to talk to them: a line of JSON there, a line of JSON back. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import type { ProfileRow } from "./profile.js";
import type { Single } from "./singles.js";

export interface Command {
  readonly command: "steps" | "memory" | "operations" | "profile" | "peak" | "singles";
  /** How many; default 1. */
  readonly steps?: number;
}

/** Each command has its own of these. */
export interface Answer {
  /** Who it is, once it has warmed up; then `seconds` is what its last step took. */
  readonly ready?: string;
  /** Elapsed, over all steps asked for. */
  readonly seconds?: number;
  /** Time of all processors together. */
  readonly processor?: number;
  /** Peak resident memory. */
  readonly bytes?: number;
  /** Of one step. */
  readonly operations?: number;
  /** Operations in a second. */
  readonly rate?: number;
  readonly profile?: readonly ProfileRow[];
  readonly singles?: readonly Single[];
  /** Names of the workloads that it knows. */
  readonly workloads?: readonly string[];
}

export interface Opponent {
  readonly name: string;
  /** What the last step of its warm-up took. */
  readonly seconds: number;
  ask(command: Command): Promise<Answer>;
  quit(): void;
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const python = "/usr/bin/python3";
const peerFolder = here("../../../shared/bench");

/** fgkd, in a process of its own. Compiled, as it is when installed: a loader of TypeScript would count as its memory. */
export function startFgkd(engine: string, workload: string, threads: number): Promise<Opponent> {
  const outfile = here("../../build/bench/subject.js");
  buildSync({
    entryPoints: [here("subject.ts")],
    outfile,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    keepNames: true,
  });
  return start(process.execPath, [outfile, engine, workload], threads);
}

/** PyTorch, in a process of its own. */
export function startPeer(workload: string, threads: number): Promise<Opponent> {
  return start(python, [here("peer.py"), peerFolder, workload, `${threads}`], threads);
}

/** The workloads that PyTorch can take part in, or why it cannot. */
export function findPeer(): { readonly name: string; readonly workloads: readonly string[]; readonly lacks?: string } {
  const absent = (lacks: string) => ({ name: "PyTorch", workloads: [], lacks });
  if (!existsSync(`${peerFolder}/pytorch_steps.py`)) return absent("../shared/bench/pytorch_steps.py is not there");
  const { status, stdout, stderr } = spawnSync(python, [here("peer.py"), peerFolder], { encoding: "utf8" });
  if (status !== 0) return absent((stderr ?? `${python} does not start`).trim().split("\n").at(-1) ?? "");
  const { ready = "PyTorch", workloads = [] } = JSON.parse(stdout) as Answer;
  return { name: ready, workloads };
}

async function start(command: string, parameters: readonly string[], threads: number): Promise<Opponent> {
  const env = { ...process.env, OMP_NUM_THREADS: `${threads}` };
  const child = spawn(command, parameters, { env, stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Answer> => {
    const { value, done } = await answers.next();
    if (done) throw new Error(`${[command, ...parameters].join(" ")} ended ${await howItEnded(child)}`);
    return JSON.parse(value) as Answer;
  };
  const { ready = "", seconds = 0 } = await next();
  return {
    name: ready,
    seconds,
    ask: (asked) => {
      child.stdin.write(`${JSON.stringify(asked)}\n`);
      return next();
    },
    quit: () => child.stdin.end(),
  };
}

async function howItEnded(child: ChildProcess): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise((resolve) => child.once("exit", resolve));
  }
  return child.signalCode ? `by ${child.signalCode}` : `with ${child.exitCode}`;
}
