/**
 * Measures steps on the engine `onednn` in f32 and in bf16, each in a process that stays alive, in turn: elapsed and processor
 * time of a step, medians, ratios pair by pair, and the most memory.
 *
 * Run with `npx tsx test/bench/precision.ts [--threads N] [--pairs N] [part of a workload's name …]`.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startOnednn } from "../../plugins/engines/onednn/index.js";
import { open, workloads } from "./workloads.js";

const precisions = ["f32", "bf16"] as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: "string", default: "1" }, pairs: { type: "string", default: "5" } },
});

interface Turn {
  readonly seconds: number;
  readonly processor: number;
  readonly bytes: number;
}

/** One of the two processes: a step whenever it is told to. */
async function subject(name: string, precision: "f32" | "bf16", threads: number): Promise<void> {
  await startOnednn({ precision, threads });
  const workload = workloads.find((known) => known.name === name);
  if (workload === undefined) throw new Error(`no workload ${name}`);
  const running = await open(workload);
  await running.step();
  process.on("message", async () => {
    const [processor, begin] = [process.cpuUsage(), performance.now()];
    await running.step();
    const { user, system } = process.cpuUsage(processor);
    const most = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
    process.send?.({ seconds: (performance.now() - begin) / 1000, processor: (user + system) / 1e6, bytes: most });
  });
  process.send?.("ready");
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

async function measure(name: string): Promise<string> {
  const children = precisions.map((precision) =>
    fork(fileURLToPath(import.meta.url), ["--threads", values.threads], {
      env: { ...process.env, FGKD_BENCH_SUBJECT: JSON.stringify([name, precision]) },
    }),
  );
  await Promise.all(children.map((child) => once(child, "message")));
  const turns: Turn[][] = [[], []];
  // The first turn of each is not counted.
  for (let pair = 0; pair <= Number(values.pairs); pair++)
    for (const [i, child] of children.entries()) {
      child.send("step");
      const [turn] = (await once(child, "message")) as [Turn];
      if (pair > 0) turns[i]?.push(turn);
    }
  for (const child of children) child.kill();
  const [f32 = [], bf16 = []] = turns;
  const of = (key: keyof Turn) => [f32, bf16].map((one) => median(one.map((turn) => turn[key])));
  const ratios = f32.map(({ processor }, i) => (bf16[i]?.processor ?? Number.NaN) / processor);
  const [seconds, processor, bytes] = [of("seconds"), of("processor"), of("bytes")];
  const figures = [
    ...seconds.map((value) => value.toFixed(3)),
    ...processor.map((value) => value.toFixed(3)),
    `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
    ...bytes.map((value) => (value / 2 ** 20).toFixed(0)),
  ];
  return `| ${[name, ...figures].join(" | ")} |`;
}

const asked = process.env.FGKD_BENCH_SUBJECT;
if (asked !== undefined) {
  const [name, precision] = JSON.parse(asked) as [string, "f32" | "bf16"];
  await subject(name, precision, Number(values.threads));
} else {
  console.log("| workload | f32 s | bf16 s | f32 processor s | bf16 processor s | ratio | f32 MiB | bf16 MiB |");
  const wanted = positionals.length > 0 ? positionals : ["train resnet", "train vgg", "train deit", "train convnext"];
  const known = workloads.filter(({ precision }) => precision === "f32");
  for (const { name } of known.filter((workload) => wanted.some((text) => workload.name.includes(text))))
    console.log(await measure(name));
}
