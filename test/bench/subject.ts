/**
 * One of the two processes of a comparison: takes a workload's steps on one of fgkd's engines when it is told to.
 *
 * Reads commands and writes answers, one line of JSON each: see `Command` in opponent.ts.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { watchKernels } from "./kernels.js";
import type { Answer, Command } from "./opponent.js";
import { bestRate } from "./peak.js";
import { profile } from "./profile.js";
import { measureSingles } from "./singles.js";
import { type BenchPrecision, open, startEngine, workloads } from "./workloads.js";

const [engine = "", precision = "", name = ""] = process.argv.slice(2);
const detail = await startEngine(engine, precision as BenchPrecision);
const workload = workloads.find((known) => known.name === name);
const running = workload && (await open(workload));

function tell(answer: Answer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function steps(count: number): Promise<Answer> {
  const processor = process.cpuUsage();
  const begin = performance.now();
  for (let step = 0; step < count; step++) await running?.step();
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(processor);
  return { seconds, processor: (user + system) / 1e6 };
}

/** Of one step, counted as its kernels run. */
async function operations(): Promise<number> {
  let sum = 0;
  const stop = watchKernels((call) => {
    sum += call.operations;
  });
  await steps(1);
  stop();
  return sum;
}

async function obey({ command, steps: count = 1 }: Command): Promise<Answer> {
  switch (command) {
    case "steps":
      return steps(count);
    case "operations":
      return { operations: await operations() };
    case "profile":
      return { profile: await profile(count, () => steps(1)) };
    case "peak":
      return { rate: bestRate() };
    case "singles":
      return { singles: measureSingles() };
    case "memory":
      return { bytes: peakMemory() };
  }
}

/** The most that this process ever had resident. */
function peakMemory(): number {
  const line = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"));
  return line ? Number(line[1]) * 1024 : process.resourceUsage().maxRSS * 1024;
}

// Shapes are met, kernels chosen and code compiled before anybody looks at the clock.
const warm = [await steps(1), await steps(1)];
tell({ ready: `fgkd ${engine} (${detail})`, seconds: warm[1]?.seconds ?? 0 });
for await (const line of createInterface({ input: process.stdin })) tell(await obey(JSON.parse(line) as Command));
await running?.close();
