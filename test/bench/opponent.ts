/** The processes that are compared, and how to talk to them: a line of JSON there, a line of JSON back. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import type { ProfileRow } from "./profile.js";
import type { Single } from "./singles.js";
import type { BenchPrecision } from "./workloads.js";

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
}

export interface Opponent {
  readonly name: string;
  /** What the last step of its warm-up took. */
  readonly seconds: number;
  ask(command: Command): Promise<Answer>;
  quit(): void;
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
/** Debian's, which sees Debian's PyTorch. */
export const usualPython = "/usr/bin/python3";
const peerFolder = here("../../../shared/bench");

/** A subject of measurement: an engine in a precision, and a workload's name or none. */
export interface Subject {
  readonly engine: string;
  readonly precision: BenchPrecision;
  readonly workload: string;
}

/** fgkd, in a process of its own. Compiled, as it is when installed: a loader of TypeScript would count as its memory. */
export function startFgkd({ engine, precision, workload }: Subject, threads: number): Promise<Opponent> {
  const outfile = here("../../build/bench/subject.js");
  buildSync({
    entryPoints: [here("subject.ts")],
    outfile,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
  });
  return start(process.execPath, [outfile, engine, precision, workload], threads);
}

/** A PyTorch that can take part. */
export interface Peer {
  readonly name: string;
  /** Why it cannot, after all. */
  readonly lacks?: string;
  /** In a process of its own. */
  start(workload: string, threads: number): Promise<Opponent>;
}

/**
 * The PyTorch of a Python: of this system, or of another in a folder, as `../shared/bench/newer-debian.sh` makes one.
 *
 * @param text how it is started: `python3`, or `chroot FOLDER python3`
 */
export function findPeer(text: string): Peer {
  const command = text.split(" ").filter(Boolean);
  const [program, root] = command;
  const absent = (lacks: string): Peer => ({ name: "PyTorch", lacks, start: () => Promise.reject(new Error(lacks)) });
  if (!existsSync(`${peerFolder}/pytorch_steps.py`)) return absent("../shared/bench/pytorch_steps.py is not there");
  if (program === "chroot" && root && !existsSync(root)) return absent(`there is no folder ${root}`);
  const files = program === "chroot" && root ? carriedTo(root) : [here("peer.py"), peerFolder];
  const begin = (words: readonly string[]) => [...command, ...files, ...words] as [string, ...string[]];
  const [first, ...words] = begin([]);
  const { status, stdout, stderr } = spawnSync(first, words, { encoding: "utf8" });
  if (status !== 0) return absent((stderr || `${first} does not start`).trim().split("\n").at(-1) ?? "");
  const lines = stdout.trim().split("\n");
  const ready = lines.flatMap((line) => answerIn(line)?.ready ?? []).at(-1);
  if (ready === undefined) return absent(`${text} printed "${lines.at(-1)}" where peer.py says which PyTorch it is`);
  return {
    name: ready,
    start: (workload, threads) => {
      const [program, ...parameters] = begin([workload, `${threads}`]);
      return start(program, parameters, threads);
    },
  };
}

/** That root sees its own files alone. */
function carriedTo(root: string): readonly string[] {
  const folder = "/tmp/fgkd-bench";
  mkdirSync(`${root}${folder}`, { recursive: true });
  copyFileSync(here("peer.py"), `${root}${folder}/peer.py`);
  copyFileSync(`${peerFolder}/pytorch_steps.py`, `${root}${folder}/pytorch_steps.py`);
  return [`${folder}/peer.py`, folder];
}

async function start(command: string, parameters: readonly string[], threads: number): Promise<Opponent> {
  const env = { ...process.env, OMP_NUM_THREADS: `${threads}` };
  const child = spawn(command, parameters, { env, stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Answer> => {
    for (;;) {
      const { value, done } = await answers.next();
      if (done) throw new Error(`${[command, ...parameters].join(" ")} ended ${await howItEnded(child)}`);
      const answer = answerIn(value);
      if (answer) return answer;
    }
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

/** What a line says; nothing where it is a library's own word, such as UCX has where there is no /proc. */
function answerIn(line: string): Answer | undefined {
  try {
    const said: unknown = JSON.parse(line);
    return typeof said === "object" && said !== null ? said : undefined;
  } catch {
    return undefined;
  }
}

async function howItEnded(child: ChildProcess): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise((resolve) => child.once("exit", resolve));
  }
  return child.signalCode ? `by ${child.signalCode}` : `with ${child.exitCode}`;
}
