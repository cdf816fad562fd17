/** `FGKD_TRACE=fallbacks,kernels`: which kernels ran without native code, and where the time went. */
import type { KernelFunc } from "@tensorflow/tfjs";

const wanted = new Set((process.env.FGKD_TRACE ?? "").split(","));
const fallbacks = new Map<string, { calls: number; example: string }>();
const times = new Map<string, { calls: number; milliseconds: number }>();

/** The kernel itself, or with a clock around it if `FGKD_TRACE` names `kernels`. */
export function trace(name: string, kernel: KernelFunc): KernelFunc {
  if (!wanted.has("kernels")) return kernel;
  return (parameters) => {
    const start = performance.now();
    try {
      return kernel(parameters);
    } finally {
      const sum = times.get(name) ?? { calls: 0, milliseconds: 0 };
      times.set(name, { calls: sum.calls + 1, milliseconds: sum.milliseconds + performance.now() - start });
    }
  };
}

/** Notes that a kernel ran as tfjs' CPU kernel. */
trace.fallback = (name: string, tensors: string): void => {
  if (!wanted.has("fallbacks")) return;
  const known = fallbacks.get(name);
  if (known) known.calls++;
  else fallbacks.set(name, { calls: 1, example: tensors });
};

/** What was noted so far, one line per kernel. */
export function report(): string[] {
  const slow = [...fallbacks].map(([name, { calls, example }]) => `fallback ${name}: ${calls} calls, first ${example}`);
  const timed = [...times]
    .sort(([, a], [, b]) => b.milliseconds - a.milliseconds)
    .map(
      ([name, { calls, milliseconds }]) =>
        `${milliseconds.toFixed(1).padStart(9)} ms ${String(calls).padStart(6)} × ${name}`,
    );
  return [...slow, ...timed];
}

/** Whether anybody wants to see kernels run. */
export const isTracing = wanted.has("fallbacks") || wanted.has("kernels");

if (isTracing) {
  process.once("exit", () => {
    for (const line of report()) console.error(`onednn: ${line}`);
  });
}
