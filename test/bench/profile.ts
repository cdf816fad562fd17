/** Where a step's time goes: by kernel and shape. */
import { watchKernels } from "./kernels.js";

export interface ProfileRow {
  readonly kernel: string;
  readonly shapes: string;
  /** In a step. */
  readonly calls: number;
  /** In a step: the least over the steps, for other programs only ever take time away. */
  readonly milliseconds: number;
  /** Milliseconds of all processors in a step, likewise. */
  readonly processor: number;
  /** In a step. */
  readonly operations: number;
}

interface Sums {
  milliseconds: number;
  processor: number;
}

/** A row for each kernel and shape, the longest first, and one for all that is no kernel. */
export async function profile(
  steps: number,
  step: () => Promise<{ readonly seconds?: number; readonly processor?: number }>,
): Promise<readonly ProfileRow[]> {
  const rows = new Map<string, { kernel: string; shapes: string; operations: number; calls: number; taken: Sums[] }>();
  const outside: Sums[] = [];
  for (let taken = 0; taken < steps; taken++) {
    const sums = new Map<string, Sums>();
    const stop = watchKernels(({ kernel, shapes, operations, ...times }) => {
      const key = `${kernel} ${shapes}`;
      const row = rows.get(key) ?? { kernel, shapes, operations: 0, calls: 0, taken: [] };
      rows.set(key, { ...row, calls: row.calls + 1, operations: row.operations + operations });
      sums.set(key, total([sums.get(key) ?? { milliseconds: 0, processor: 0 }, times]));
    });
    const { seconds = 0, processor = 0 } = await step();
    stop();
    for (const [key, sum] of sums) rows.get(key)?.taken.push(sum);
    const inside = total([...sums.values()]);
    outside.push({
      milliseconds: seconds * 1000 - inside.milliseconds,
      processor: processor * 1000 - inside.processor,
    });
  }
  const each = [...rows.values()].map(({ taken, calls, operations, ...row }) => ({
    ...row,
    ...least(taken),
    calls: calls / steps,
    operations: operations / steps,
  }));
  const rest = { kernel: "(no kernel)", shapes: "", calls: 1, operations: 0, ...least(outside) };
  return [...each, rest].sort((a, b) => b.milliseconds - a.milliseconds);
}

function total(sums: readonly Sums[]): Sums {
  const add = (field: keyof Sums) => sums.reduce((sum, each) => sum + each[field], 0);
  return { milliseconds: add("milliseconds"), processor: add("processor") };
}

function least(sums: readonly Sums[]): Sums {
  const pick = (field: keyof Sums) => Math.min(...sums.map((each) => each[field]));
  return { milliseconds: pick("milliseconds"), processor: pick("processor") };
}

/** Of an even number, the mean of the middle two; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = low] = sorted.slice(sorted.length % 2 === 1 ? middle : middle - 1, middle + 1);
  return (low + high) / 2;
}
