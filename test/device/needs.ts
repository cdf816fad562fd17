/**
 * What is known of the engine's speed without a GPU: what a step asks for, counted while it runs on Dawn's null backend, which
 * computes nothing; and what the inner loops of products do for each multiplication, counted in their texts.
 *
 *     npx tsx test/device/needs.ts                      the inner loops
 *     npx tsx test/device/needs.ts "resnet50 16x448"    a step of that workload
 *
 * Steps are taken of the whole batch at the workload's own size, on buffers that take no memory.
 */
import * as tf from "@tensorflow/tfjs";
import { create } from "webgpu";
import type { GpuBackend } from "../../plugins/engines/webgpu/backend.js";
import { provide } from "../../plugins/engines/webgpu/dawn.js";
import type { Product } from "../../plugins/engines/webgpu/kernels/products/product.js";
import { matrixSide } from "../../plugins/engines/webgpu/kernels/products/side.js";
import { subgroupShader } from "../../plugins/engines/webgpu/kernels/products/subgroups.js";
import { threadsShader } from "../../plugins/engines/webgpu/kernels/products/threads.js";
import type { Tile } from "../../plugins/engines/webgpu/kernels/products/tile.js";
import type { Dispatch, Shader } from "../../plugins/engines/webgpu/shader.js";
import type { Update } from "../../plugins/engines/webgpu/together.js";
import { unback } from "./unbacked.js";
import type { Workload } from "./workloads.js";

/** Measured on an H100 before: float32 products of large tiles, products by matrix units, memory; and a dispatch in JavaScript. */
const rates = { f32: 36e12, f16: 120e12, memory: 2.96e12, dispatch: 4.3e-6 };

/** Of a step. */
interface Needs {
  readonly dispatches: number;
  /** Multiplications and additions of products. */
  readonly operations: number;
  /** Read and written, each tensor whenever a dispatch has it. */
  readonly bytes: number;
}

const none: Needs = { dispatches: 0, operations: 0, bytes: 0 };

async function startNull(): Promise<GpuBackend> {
  const gpu = create(["backend=null", "enable-dawn-features=allow_unsafe_apis"]);
  await provide(gpu);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error("Dawn has no null backend here");
  const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } = adapter.limits;
  const requiredLimits = { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage };
  const device = await adapter.requestDevice({ requiredLimits });
  unback(device);
  const { GpuBackend } = await import("../../plugins/engines/webgpu/backend.js");
  const { registerKernels } = await import("../../plugins/engines/webgpu/register.js");
  tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => new GpuBackend(device, adapter.info));
  registerKernels("webgpu");
  await tf.setBackend("webgpu");
  return tf.backend() as GpuBackend;
}

/** Counts whatever is asked of a backend from now on. */
function counted(backend: GpuBackend): { take(): Needs } {
  let now = none;
  const add = (operations: number, tensors: readonly tf.TensorInfo[]) => {
    const bytes = tensors.reduce((sum, { shape }) => sum + 4 * tf.util.sizeFromShape([...shape]), 0);
    now = { ...now, operations: now.operations + operations, bytes: now.bytes + bytes };
  };
  let before = backend.stats().dispatches;
  const [run, record] = [backend.run.bind(backend), backend.recordAndSubmit.bind(backend)];
  backend.run = (dispatch: Dispatch) => {
    add(operationsOf(dispatch.shader), [...dispatch.reads, ...dispatch.writes]);
    run(dispatch);
  };
  backend.recordAndSubmit = (program, output, inputs, uniform) => {
    add(0, [...inputs, output]);
    record(program, output, inputs, uniform);
  };
  const [soon, together] = [backend.updateSoon.bind(backend), backend.updateTogether.bind(backend)];
  const tensorsOf = ({ states, reads, writes }: Update) => [...states, ...reads, ...writes];
  backend.updateSoon = (rule, update) => {
    add(0, tensorsOf(update));
    soon(rule, update);
  };
  backend.updateTogether = (all) => {
    add(0, all.updates.flatMap(tensorsOf));
    together(all);
  };
  return {
    take: () => {
      const { dispatches } = backend.stats();
      const taken = { ...now, dispatches: dispatches - before };
      before = dispatches;
      now = none;
      return taken;
    },
  };
}

/** Of a product, by the sizes in its key; of a strided convolution's gradient those taps alone that reach a pixel. */
function operationsOf({ key }: Shader): number {
  const [, rows, columns, depth, batch] = /^(?:threads|subgroups) .*? (\d+)x(\d+)x(\d+)x(\d+) /.exec(key) ?? [];
  if (rows === undefined) return 0;
  const whole = 2 * Number(rows) * Number(columns) * Number(depth) * Number(batch);
  const phases = /phases ([\d ]+)/.exec(key)?.[1]?.trim().split(" ").map(Number);
  if (!phases) return whole;
  const [images = 0, height = 0, width = 0, inside = 0, outside = 0, , , down = 0, across = 0, ...strides] = phases;
  const [strideDown = 1, strideAcross = 1] = strides;
  return (2 * images * height * width * inside * outside * down * across) / (strideDown * strideAcross);
}

async function stepOf(workload: Workload, counter: ReturnType<typeof counted>): Promise<Needs> {
  const { openWorkload } = await import("./workloads.js");
  const { step, close } = await openWorkload(workload);
  // The first make what lasts, and lay weights together.
  for (let i = 0; i < 3; i++) await step();
  counter.take();
  await step();
  const needs = counter.take();
  await close();
  return needs;
}

async function tellStep(name: string): Promise<void> {
  const { workloads } = await import("./workloads.js");
  const workload = workloads[name];
  if (!workload) throw new Error(`there is no "${name}", but ${Object.keys(workloads).join(", ")}`);
  const backend = await startNull();
  const counter = counted(backend);
  const { dispatches, operations, bytes } = await stepOf(workload, counter);
  const milliseconds = {
    "products in f32": operations / rates.f32,
    "products in f16": operations / rates.f16,
    memory: bytes / rates.memory,
    JavaScript: dispatches * rates.dispatch,
  };
  const times = Object.entries(milliseconds).map(([what, seconds]) => `${what} ${(seconds * 1000).toFixed(1)} ms`);
  console.log(
    `${name}: ${dispatches} dispatches, ${(operations / 1e9).toFixed(0)} GFLOP, ${(bytes / 1e9).toFixed(2)} GB; ${times.join(", ")}; at most ${(backend.stats().bytesPeak / 2 ** 20).toFixed(0)} MiB in use`,
  );
}

/** Of one thread, or of one subgroup, for each depth of a tile that it goes through. */
function tellLoops(): void {
  const side = (outer: number) => matrixSide("0u", { outer, depth: 1 });
  const product: Product = { rows: 4096, columns: 4096, depth: 4096, batch: 1, a: side(4096), b: side(4096) };
  const units = { rows: 16, columns: 16, depth: 16, threads: 32 };
  const byThreads: readonly Tile[] = [
    { rows: 128, columns: 128, depth: 16, each: [8, 8] },
    { rows: 128, columns: 64, depth: 16, each: [8, 8] },
    { rows: 64, columns: 64, depth: 16, each: [8, 4] },
    { rows: 32, columns: 32, depth: 16, each: [4, 4] },
  ];
  const byUnits: readonly Tile[] = [
    { rows: 256, columns: 128, depth: 32, each: [64, 64] },
    { rows: 64, columns: 64, depth: 32, each: [32, 32] },
  ];
  for (const tile of byThreads) {
    const text = loopOf(threadsShader(product, { tile, parts: 1 }));
    const multiplied = 4 * count(text, /= fma\(/g);
    const held = count(text, /= tile[AB]\[/g);
    const kept = count(text, /\btile[AB]\[[^\]]*\](\[[^\]]*\])? =/g);
    const fetched = count(text, /= [ab]\[/g);
    console.log(
      `| ${tile.rows}×${tile.columns}×${tile.depth}, ${tile.each.join("×")} a thread | ${multiplied} | ${held} | ${kept} | ${fetched} | ${(multiplied / (held + kept + fetched)).toFixed(1)} |`,
    );
  }
  for (const tile of byUnits) {
    const text = loopOf(subgroupShader(product, { tile, parts: 1 }, units));
    const multiplied = count(text, /= subgroupMatrixMultiplyAccumulate/g);
    const held = count(text, /= subgroupMatrixLoad/g);
    const kept = count(text, /tile[AB]\[[^\]]*\] =/g);
    const fetched = count(text, /= [ab]\[/g);
    console.log(
      `| f16 ${tile.rows}×${tile.columns}×${tile.depth}, ${tile.each.join("×")} a subgroup | ${multiplied} of 16×16×16 | ${held} of 16×16 | ${kept} | ${fetched} | ${(multiplied / held).toFixed(1)} |`,
    );
  }
}

/** What is done for each part of the depth. */
function loopOf(shader: Shader): string {
  const { main } = shader.text();
  const from = main.indexOf("for (var at = begin");
  return main.slice(from, main.indexOf("workgroupBarrier();", main.indexOf("workgroupBarrier();", from) + 1));
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

const [name] = process.argv.slice(2);
if (name === undefined) tellLoops();
else await tellStep(name);
process.exit(0);
