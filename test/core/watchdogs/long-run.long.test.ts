import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { createRun } from "../../../core/index.js";
import { type MemoryReading, readMemory } from "../../../core/watchdogs/memory.js";
import { kd } from "../../../presets/index.js";
import { tinyConfig } from "../../kill/tiny.js";
import { engineNames, startEngine } from "../../support/engines.js";
import { firstWeights } from "../../support/first-weights.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const epochs = 100;
const stepsPerEpoch = 20;
const page = fileURLToPath(new URL("../../../docs/guides/long-runs.md", import.meta.url));
const mebi = (bytes: number) => Math.round(bytes / 2 ** 20);

/** The student of `kd` at tiny scale: a teacher to learn from, and a test after every fifth epoch. */
async function walk() {
  const warnings: string[] = [];
  const layers = [
    { origin: "demo", config: kd.scales?.demo ?? {} },
    { origin: "tiny", config: tinyConfig(kd) },
    { origin: "data", config: { data: { name: "birds", classes: 3, train: 30, test: 4, workers: 1 } as const } },
  ];
  const folder = mkdtempSync(join(tmpdir(), "fgkd-long-"));
  const weights = await firstWeights({ preset: kd, layers }, "teacher", folder);
  const run = await createRun({
    preset: kd,
    layers: [
      ...layers,
      {
        origin: "test",
        config: {
          epochs,
          stepsPerEpoch,
          evaluation: { every: 5, last: 1 },
          models: { teacher: { weights } },
          stages: { teacher: { enabled: false } },
        },
      },
    ],
    logger: { info: () => {}, warn: (message) => void warnings.push(message) },
  });
  const tensors: number[] = [];
  const readings: MemoryReading[] = [];
  for await (const { epoch } of run.steps()) {
    tensors.push(tf.memory().numTensors);
    if (!epoch) continue;
    // Otherwise what is read is how long ago garbage was last collected.
    collectGarbage();
    readings.push(readMemory());
  }
  await run.close();
  rmSync(folder, { recursive: true });
  return { tensors, readings, warnings };
}

// The engine in plain JavaScript would take minutes for what the others do in seconds.
test.each(engineNames.filter((name) => name !== "cpu"))(
  `${epochs * stepsPerEpoch} steps on %s leave the number of tensors constant and resident memory flat`,
  { timeout: 600_000 },
  async (engine) => {
    await startEngine(engine);
    const { tensors, readings, warnings } = await walk();
    expect(tensors).toHaveLength(epochs * stepsPerEpoch);
    expect(new Set(tensors)).toEqual(new Set([tensors[0]]));
    expect(warnings).toEqual([]);
    const [warm, end] = [readings[Math.floor(epochs / 4)], readings[epochs - 1]] as [MemoryReading, MemoryReading];
    expect(end.tensorBytes).toBe(warm.tensorBytes);
    expect(mebi(end.engine - warm.engine)).toBeLessThanOrEqual(1);
    expect(mebi(end.heap - warm.heap)).toBeLessThanOrEqual(4);
    expect(mebi(end.buffers - warm.buffers)).toBeLessThanOrEqual(4);
    expect(mebi(end.resident - warm.resident)).toBeLessThanOrEqual(24);
    tell(engine, tensors[0] as number, readings);
  },
);

/** Prints the row of the guide's table; with FGKD_FIGURES=write, puts it there. */
function tell(engine: string, tensors: number, readings: readonly MemoryReading[]): void {
  const at = (epoch: number) => mebi((readings[epoch - 1] as MemoryReading).resident);
  const row = `| \`${engine}\` | ${tensors} | ${[1, 10, 50, 100].map(at).join(" | ")} |`;
  console.log(`${cpus()[0]?.model}, node ${process.version}: ${row}`);
  if (process.env.FGKD_FIGURES !== "write") return;
  const text = readFileSync(page, "utf8");
  writeFileSync(page, text.replace(new RegExp(`^\\| \`${engine}\` \\|.*$`, "m"), row));
}
