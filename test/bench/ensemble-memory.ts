/**
 * Peak resident memory of training one ResNet-50 at 448 px, batch 8: alone, and as the fifth member of an OR-ensemble.
 *
 *     npx tsx test/bench/ensemble-memory.ts [engine]
 *
 * Each in a process of its own that takes one step. The figure of docs/papers/or-ensemble.md.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createRun } from "../../core/index.js";
import { orEnsemble } from "../../presets/index.js";

const members = 5;
const [engine = "onednn", stage] = process.argv.slice(2);

if (stage === undefined) compare();
else await peakOf(stage);

/** Prints the highest resident memory of this process, in bytes. */
async function peakOf(trained: string): Promise<void> {
  const stages = Object.keys(orEnsemble.stages).map((name) => [name, { enabled: name === trained }] as const);
  const run = await createRun({
    preset: orEnsemble,
    layers: [
      {
        origin: "memory",
        config: {
          epochs: 1,
          batchSize: 8,
          data: { name: "birds", classes: 2, train: 12, test: 1 },
          stages: Object.fromEntries(stages),
          options: { "or-ensemble": { members } },
        },
      },
    ],
  });
  await run.engines.choose({ name: engine }).start();
  // One of three: the last of an epoch would test, too.
  for await (const _ of run.steps()) break;
  const weights = run.models.built.map((role) => run.models.get(role).parameters.size);
  await run.close();
  const kilobytes = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  console.log(JSON.stringify({ bytes: kilobytes * 1024, weights }));
}

function compare(): void {
  const [alone, fifth] = ["member-1", `member-${members}`].map((name) => {
    const words = ["--import", "tsx", fileURLToPath(import.meta.url), engine, name];
    const { stdout, stderr, status } = spawnSync("node", words, { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout.trim().split("\n").at(-1) as string) as { bytes: number; weights: number[] };
  }) as [{ bytes: number; weights: number[] }, { bytes: number; weights: number[] }];
  const others = 4 * fifth.weights.slice(1).reduce((sum, size) => sum + size, 0);
  const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  console.log(`alone: ${megabytes(alone.bytes)}; as member ${members}: ${megabytes(fifth.bytes)}`);
  console.log(`weights of the ${members - 1} others: ${megabytes(others)}`);
  console.log(`without them, relative to training alone: ${((fifth.bytes - others) / alone.bytes).toFixed(3)}`);
}
