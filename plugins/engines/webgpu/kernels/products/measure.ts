/** Measures the choices of products that no tuning knew, and keeps the fastest. */
import type * as tf from "@tensorflow/tfjs";
import type { GpuBackend } from "../../backend.js";
import type { Plan } from "./plan.js";
import { known, type Operands, runPlan, type Untuned } from "./run.js";

/** Milliseconds of a measurement, about: far more than one look at the clock costs. */
const span = 6;
/** Runs in it, at most. */
const mostRuns = 200;
/** Measurements of one choice; the least counts. */
const looks = 3;

export interface Measuring {
  /** Milliseconds. Default: those of the process. */
  readonly now?: () => number;
  /**
   * Whether the fastest choices serve from now on. Default true, for a step whose results are thrown away: a choice that
   * changes in the midst of a training changes the last digits of its sums.
   */
  readonly adopt?: boolean;
  /** Milliseconds after which no other product is begun. Default: none. */
  readonly budget?: number;
}

/**
 * Measures what came up since the last time, the largest products first, and keeps the fastest choices in the backend's tuning.
 *
 * @returns how many products were measured
 */
export async function measure(
  backend: GpuBackend,
  { now = () => performance.now(), adopt = true, budget = Number.POSITIVE_INFINITY }: Measuring = {},
): Promise<number> {
  const { plans, untuned } = known(backend);
  const waiting = [...untuned.values()].sort((one, other) => sizeOf(other) - sizeOf(one));
  let spent = 0;
  let measured = 0;
  for (const one of waiting) {
    if (spent > budget) break;
    const begin = performance.now();
    const [name, plan] = await fastest(backend, one, now);
    backend.tuning?.set(one.key, name);
    if (adopt) plans.set(one.key, plan);
    untuned.delete(one.key);
    measured += 1;
    spent += performance.now() - begin;
  }
  return measured;
}

/** Multiplications. */
function sizeOf({ product: { rows, columns, depth, batch } }: Untuned): number {
  return rows * columns * depth * batch;
}

async function fastest(backend: GpuBackend, { plans, sizes }: Untuned, now: () => number): Promise<[string, Plan]> {
  const [a, b, bias, y] = sizes.map((size) => backend.allocate([Math.max(size, 1)])) as [
    tf.TensorInfo,
    tf.TensorInfo,
    tf.TensorInfo,
    tf.TensorInfo,
  ];
  const operands: Operands = { a, b, y, ...(sizes[2] && { bias }) };
  const times: { readonly choice: [string, Plan]; readonly time: number }[] = [];
  try {
    for (const choice of plans) times.push({ choice, time: await timeOf(backend, choice[1], operands, now) });
  } finally {
    for (const info of [a, b, bias, y]) backend.disposeData(info.dataId);
  }
  // A product has one choice at least; of equal ones the first stays, which is estimated to be faster.
  return times.reduce((best, one) => (one.time < best.time ? one : best)).choice;
}

/** Milliseconds of one run. The first compiles; the second tells how many fill a measurement. */
async function timeOf(backend: GpuBackend, plan: Plan, operands: Operands, now: () => number): Promise<number> {
  const time = async (runs: number) => {
    const begin = now();
    for (let run = 0; run < runs; run++) runPlan(backend, plan, operands);
    await finish(backend);
    return (now() - begin) / runs;
  };
  await time(1);
  const runs = Math.min(Math.max(Math.round(span / (await time(1))), 1), mostRuns);
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < looks; look++) least = Math.min(least, await time(runs));
  return least;
}

/** A value that is read comes after all that was asked before. */
export async function finish(backend: GpuBackend): Promise<void> {
  const mark = backend.allocate([1]);
  await backend.read(mark.dataId);
  backend.disposeData(mark.dataId);
}
