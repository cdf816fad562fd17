/** Where a step's time goes: by kernel and shape. */
import { watchKernels } from "./kernels.js";

export interface ProfileRow {
  readonly kernel: string;
  readonly shapes: string;
  /** In a step. */
  readonly calls: number;
  /** In a step: the median over the steps, since other programs disturb single ones. */
  readonly milliseconds: number;
  /** In a step. */
  readonly operations: number;
}

/** A row for each kernel and shape, the longest first, and one for all that is no kernel. */
export async function profile(
  steps: number,
  step: () => Promise<{ readonly seconds?: number }>,
): Promise<readonly ProfileRow[]> {
  const rows = new Map<
    string,
    { kernel: string; shapes: string; operations: number; calls: number; times: number[] }
  >();
  const outside: number[] = [];
  for (let taken = 0; taken < steps; taken++) {
    const sums = new Map<string, number>();
    const stop = watchKernels(({ kernel, shapes, operations, milliseconds }) => {
      const key = `${kernel} ${shapes}`;
      const row = rows.get(key) ?? { kernel, shapes, operations: 0, calls: 0, times: [] };
      rows.set(key, { ...row, calls: row.calls + 1, operations: row.operations + operations });
      sums.set(key, (sums.get(key) ?? 0) + milliseconds);
    });
    const { seconds = 0 } = await step();
    stop();
    for (const [key, sum] of sums) rows.get(key)?.times.push(sum);
    outside.push(seconds * 1000 - [...sums.values()].reduce((a, b) => a + b, 0));
  }
  const each = [...rows.values()].map(({ times, calls, operations, ...row }) => ({
    ...row,
    calls: calls / steps,
    operations: operations / steps,
    milliseconds: median(times),
  }));
  const rest = { kernel: "(no kernel)", shapes: "", calls: 1, operations: 0, milliseconds: median(outside) };
  return [...each, rest].sort((a, b) => b.milliseconds - a.milliseconds);
}

/** Of an even number, the mean of the middle two; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = low] = sorted.slice(sorted.length % 2 === 1 ? middle : middle - 1, middle + 1);
  return (low + high) / 2;
}
