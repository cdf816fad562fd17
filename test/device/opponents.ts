/** fgkd's side of a comparison: a process that takes steps when it is told to, and waits in between. */
import * as tf from "@tensorflow/tfjs";
import { startEngine } from "../../core/index.js";
import type { GpuBackend } from "../../plugins/engines/webgpu/backend.js";
import { measure } from "../../plugins/engines/webgpu/kernels/products/measure.js";
import { webgpuEngine } from "../../plugins/engines/webgpu.js";
import { answerLines, tell } from "./children.js";
import { open } from "./workloads.js";

/** What either side says. */
export interface Answer {
  /** First, and by PyTorch whenever its mode changes: what computes. */
  readonly ready?: string;
  /** Of each step. */
  readonly seconds?: readonly number[];
  readonly bytes?: number;
}

/** Milliseconds in which tiles are measured, those of the largest products first. */
const tuningTime = process.env.TINY ? 3000 : 12_000;
/** Which part of its time a process may be old when tuning ends: the rest is for steps. */
const tunedBy = 0.5;

/** Tiles as a run has them that was measured before; a run of its own would take them from a file. */
async function tuned(step: () => Promise<number>, share: number): Promise<void> {
  const backend = tf.backend() as GpuBackend;
  const kept = new Map<string, string>();
  backend.tuning = { get: (key) => kept.get(key), set: (key, value) => kept.set(key, value) };
  await step();
  await measure(backend, { budget: Math.min(tuningTime, share * 1000 * tunedBy - performance.now()) });
}

/** @param share seconds that the process has in all */
export async function takeSteps(name: string, precision: "f32" | "f16", share: number): Promise<void> {
  const engine = webgpuEngine({ precision, tuning: "off" });
  const { available, detail, version } = await engine.check();
  if (!available) throw new Error(detail);
  await startEngine(engine);
  const { step } = await open(name);
  await tuned(step, share);
  for (let warming = 0; warming < 3; warming++) await step();
  tell({ ready: `${version}, ${precision}` });
  await answerLines(async ({ steps }: { readonly steps?: number }) => {
    if (steps === undefined)
      return { bytes: (tf.memory() as { readonly numBytesAllocatedInGPU?: number }).numBytesAllocatedInGPU ?? 0 };
    const seconds: number[] = [];
    for (let count = 0; count < steps; count++) {
      const begin = performance.now();
      await step();
      seconds.push((performance.now() - begin) / 1000);
    }
    return { seconds };
  });
}
