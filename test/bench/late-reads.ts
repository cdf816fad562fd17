/**
 * Losses that are read at once against losses that are read one step late, on a real queue: TensorFlow.js' WebGPU backend as
 * a stranger's engine. Prints the rows of docs/guides/engines.md.
 *
 *     npm install --no-save webgpu@0.6.2 @tensorflow/tfjs-backend-webgpu@4.22.0
 *     npx tsx test/bench/late-reads.ts
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs";
import { startEngine } from "../../core/index.js";
import { median } from "./profile.js";
import { open, type Workload, workloads } from "./workloads.js";

/** What one process measures: whether reads are late is settled when its engine starts. */
interface Measured {
  readonly device: string;
  /** Milliseconds of each step. */
  readonly steps: readonly number[];
  /** Bytes in tensors after the last. */
  readonly bytes: number;
  /** SHA-256 of the weights after the last. */
  readonly weights: string;
}

const small: Workload = {
  name: "train resnet18 8x32",
  kind: "train",
  precision: "f32",
  backbone: "resnet18",
  batch: 8,
  size: 32,
};
/** Steps that nobody times: shapes are met, pipelines compiled. */
const warm = 3;
const plan = [
  { name: small.name, steps: 20, rounds: 2 },
  { name: "train resnet18 16x128", steps: 20, rounds: 3 },
  { name: "train resnet50 16x128", steps: 10, rounds: 2 },
  { name: "dadkd resnet18 8x448-128", steps: 6, rounds: 1 },
];

const [name, when, count] = process.argv.slice(2);
if (name === undefined) compare();
else console.log(JSON.stringify(await measure(name, when === "late", Number(count))));

function compare(): void {
  for (const { name, steps, rounds } of plan)
    for (let round = 0; round < rounds; round++)
      for (const when of ["now", "late"]) {
        const [node = "", script = ""] = process.argv;
        const said = execFileSync(node, [...process.execArgv, script, name, when, String(steps)], { encoding: "utf8" });
        const row = JSON.parse(said.trim().split("\n").at(-1) ?? "") as Measured;
        const time = `${median(row.steps).toFixed(1)} ms a step, median of ${row.steps.length}`;
        console.log(
          `${row.device}: ${name}, ${when}: ${time}; ${row.bytes} bytes; weights ${row.weights.slice(0, 16)}`,
        );
      }
}

async function measure(name: string, isLate: boolean, count: number): Promise<Measured> {
  const device = await startWebGpu(isLate);
  const workload = [small, ...workloads].find((known) => known.name === name);
  if (!workload) throw new Error(`there is no workload "${name}"`);
  const { run, step } = await open(workload, warm + count);
  const steps: number[] = [];
  for (let taken = 0; taken < warm + count; taken++) {
    const begin = performance.now();
    await step();
    steps.push(performance.now() - begin);
  }
  const bytes = tf.memory().numBytes;
  const hash = createHash("sha256");
  for (const [weight, { data }] of (await run.save()).models.student ?? [])
    hash.update(weight).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  // The last call of a late run only reads what the one before it has asked for.
  return { device, steps: steps.slice(warm, -1), bytes, weights: hash.digest("hex") };
}

/** @returns what it computes on */
async function startWebGpu(queue: boolean): Promise<string> {
  // By name, since nobody needs them who does not run this.
  const [dawn, backend] = ["webgpu", "@tensorflow/tfjs-backend-webgpu"];
  const { create, globals } = await import(dawn);
  Object.assign(globalThis, globals);
  const gpu = create(["enable-dawn-features=allow_unsafe_apis"]);
  // The backend registers only where it finds this.
  Object.defineProperty(globalThis, "navigator", { value: { gpu, userAgent: "node" }, configurable: true });
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("WebGPU finds no device: is a Vulkan driver installed?");
  await import(backend);
  tf.enableProdMode();
  const start = async () => {
    await tf.setBackend("webgpu");
    await tf.ready();
  };
  await startEngine({ name: "webgpu", queue, check: async () => ({ available: true, detail: "" }), start });
  return adapter.info.description;
}
