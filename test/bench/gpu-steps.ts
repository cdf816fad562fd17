/**
 * What a training step asks of a GPU, and what JavaScript does for it: dispatches, new bind groups, submissions, bytes, and
 * processor time. On Dawn's null backend, which takes every command and runs none: needs no GPU, and says nothing of a GPU's time.
 *
 * Run with `npx tsx test/bench/gpu-steps.ts [WORKLOAD] [STEPS] [layers]`; workloads are those of `test/device/workloads.ts`. With
 * `layers` those of networks run in each step, and no pass is run again without them. `UNBACKED=1` has buffers that take no memory,
 * for steps that the null backend has no room for.
 */
import { existsSync, openSync, readSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { startEngine } from "../../core/index.js";
import type { BackendStats } from "../../plugins/engines/webgpu/backend.js";
import { openDevice } from "../../plugins/engines/webgpu/device.js";
import { webgpuEngine } from "../../plugins/engines/webgpu.js";
import { unback } from "../device/unbacked.js";
import { open } from "../device/workloads.js";

const warm = 12;

/** The engine on a device that does nothing: what it is given back is zeros. */
async function startNull(): Promise<() => BackendStats> {
  const { create } = await import("webgpu");
  const { provide } = await import("../../plugins/engines/webgpu/dawn.js");
  const gpu = create(["enable-dawn-features=allow_unsafe_apis", "backend=null"]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error("Dawn has no null backend here");
  const device = await openDevice({
    name: "null",
    adapter,
    isSoftware: true,
    implementation: "",
    provide: () => provide(gpu),
  });
  if (process.env.UNBACKED) unback(device);
  const { GpuBackend } = await import("../../plugins/engines/webgpu/backend.js");
  const { registerKernels } = await import("../../plugins/engines/webgpu/register.js");
  const backend = new GpuBackend(device, adapter.info);
  tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => backend, 5);
  registerKernels("webgpu");
  const { recorder, ...engine } = webgpuEngine({});
  const start = async () => void (await tf.setBackend("webgpu"));
  await startEngine({ ...engine, start, ...(process.argv[4] !== "layers" && recorder && { recorder }) });
  return () => backend.stats();
}

const counted = existsSync("/proc/self/schedstat") ? openSync("/proc/self/schedstat", "r") : undefined;
const line = Buffer.alloc(64);

/** Processor time of this thread in ms: that of JavaScript, without the threads that collect garbage and compile. */
function ofThread(): number {
  if (counted === undefined) return Number.NaN;
  // Asked for this, the system brings the count of a thread that runs up to date.
  process.cpuUsage();
  readSync(counted, line, 0, line.length, 0);
  return Number.parseInt(line.toString("latin1"), 10) / 1e6;
}

/** The value that so great a share of all is below. */
function quantile(values: readonly number[], share = 0.5): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] as number;
}

const [name = "resnet18 16x128", steps = "40"] = process.argv.slice(2);
const stats = await startNull();
const running = await open(name);
for (let step = 0; step < warm; step++) await running.step();
const rows: Record<string, number[]> = {};
const note = (key: string, value: number) => {
  rows[key] ??= [];
  rows[key].push(value);
};
for (let step = 0; step < Number(steps); step++) {
  const [before, cpu, thread, began] = [stats(), process.cpuUsage(), ofThread(), performance.now()];
  await running.step();
  note("thread ms", ofThread() - thread);
  const [after, spent] = [stats(), process.cpuUsage(cpu)];
  note("wall ms", performance.now() - began);
  note("processor ms", (spent.user + spent.system) / 1000);
  for (const key of ["dispatches", "prepared", "bindGroups", "pipelines", "submissions", "bytesUploaded"] as const)
    note(key, after[key] - before[key]);
  note("peak MiB", after.bytesPeak / 2 ** 20);
}
await running.close();
const medians = Object.entries(rows).map(([key, values]) => [key, Number(quantile(values).toFixed(2))]);
// Of steps in which nobody else was in the way.
const undisturbed = { "thread ms, a tenth": Number(quantile(rows["thread ms"] ?? [], 0.1).toFixed(2)) };
console.log(JSON.stringify({ workload: name, steps: Number(steps), ...Object.fromEntries(medians), ...undisturbed }));
