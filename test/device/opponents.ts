/** The processes of a comparison: each takes steps when it is told to, in lines of JSON, and waits in between. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import * as tf from "@tensorflow/tfjs";
import { startEngine } from "../../core/index.js";
import type { GpuBackend } from "../../plugins/engines/webgpu/backend.js";
import { measure } from "../../plugins/engines/webgpu/kernels/products/measure.js";
import { webgpuEngine } from "../../plugins/engines/webgpu.js";
import { open } from "./workloads.js";

interface Answer {
  readonly ready?: string;
  readonly seconds?: readonly number[];
  readonly bytes?: number;
}

export interface Opponent {
  readonly about: string;
  ask(command: object): Promise<Answer>;
  end(): void;
}

/**
 * Starts a process, and waits until it is ready.
 *
 * @param patience seconds for any answer
 * @throws Error with its last words when it ends, or does not answer in time
 */
export async function start(command: string, words: readonly string[], patience: number): Promise<Opponent> {
  const child: ChildProcess = spawn(command, words, { stdio: ["pipe", "pipe", "pipe"] });
  let last = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    last = `${last}${chunk}`.slice(-2000);
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const gone = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("close", (code) => reject(new Error(`${command} ended with ${code}: ${reason(last)}`)));
  });
  gone.catch(() => {});
  const next = async (): Promise<Answer> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new Error(`${command} did not answer in ${patience} s: ${reason(last)}`));
      }, patience * 1000);
    });
    try {
      for (;;) {
        const { value } = await Promise.race([lines.next(), gone, late]);
        if (String(value).startsWith("{")) return JSON.parse(String(value)) as Answer;
        if (value === undefined) await Promise.race([gone, late]);
      }
    } finally {
      clearTimeout(timer);
    }
  };
  const { ready = "" } = await next();
  return {
    about: ready,
    ask: (asked) => {
      child.stdin?.write(`${JSON.stringify(asked)}\n`);
      return next();
    },
    end: () => void child.kill("SIGKILL"),
  };
}

/** Of what a process said last: its error, if it told one. */
function reason(words: string): string {
  const lines = words.trim().split("\n");
  return lines.filter((line) => /error/i.test(line)).at(-1) ?? lines.at(-1) ?? "";
}

/** Milliseconds in which tiles are measured, those of the largest products first. */
const tuningTime = process.env.TINY ? 3000 : 12_000;

/** Tiles as a run has them that was measured before; a run of its own would take them from a file. */
async function tuned(step: () => Promise<number>): Promise<void> {
  const backend = tf.backend() as GpuBackend;
  const kept = new Map<string, string>();
  backend.tuning = { get: (key) => kept.get(key), set: (key, value) => kept.set(key, value) };
  await step();
  await measure(backend, { budget: tuningTime });
}

/** fgkd's side, in a process of its own. */
export async function takeSteps(name: string, precision: "f32" | "f16"): Promise<void> {
  const engine = webgpuEngine({ precision, tuning: "off" });
  const { available, detail, version } = await engine.check();
  if (!available) throw new Error(detail);
  await startEngine(engine);
  const { step } = await open(name);
  await tuned(step);
  for (let warming = 0; warming < 3; warming++) await step();
  const tell = (answer: Answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
  tell({ ready: `${version}, ${precision}` });
  for await (const line of createInterface({ input: process.stdin })) {
    const { steps } = JSON.parse(line) as { readonly steps?: number };
    if (steps === undefined) {
      tell({ bytes: (tf.memory() as { readonly numBytesAllocatedInGPU?: number }).numBytesAllocatedInGPU ?? 0 });
      continue;
    }
    const seconds: number[] = [];
    for (let count = 0; count < steps; count++) {
      const begin = performance.now();
      await step();
      seconds.push((performance.now() - begin) / 1000);
    }
    tell({ seconds });
  }
}
