/** Watches the memory of the process from epoch to epoch: what grows steadily will not end well. */
import * as tf from "@tensorflow/tfjs";
import { memoryGrowth } from "../values/errors.js";
import type { Logger } from "../values/logger.js";
import type { Activity } from "./activity.js";
import { traceMemory } from "./memory-trace.js";
import type { WatchdogSettings } from "./settings.js";

/** What the process holds, in bytes; `tensors` is a number of them. */
export interface MemoryReading {
  /** Everything, as the system counts. */
  readonly resident: number;
  readonly tensors: number;
  readonly tensorBytes: number;
  /** JavaScript's own objects. */
  readonly heap: number;
  /** Buffers that JavaScript owns outside of its heap. */
  readonly buffers: number;
  /** What the engine keeps for tensors, idle memory included; 0 where it does not say. */
  readonly engine: number;
}

export interface MemoryWatch {
  /**
   * At the end of each epoch of a stage.
   *
   * @throws FGKD_MEMORY_GROWTH
   */
  look(where: string): void;
}

/** Readings that count: the newest, beside the first. */
const window = 24;
/** A warning from few readings would be one too many. */
const fewest = 5;

/**
 * Compares each epoch with the first after the warm-up. Growth counts when it is steady: when most pairs of readings are in
 * order (Kendall's rank correlation with time, 0.7 or more). One jump, as by a first test in the middle of a run, is not.
 *
 * From half of the warning on, what the plugins' taps keep is looked at too, once an epoch: then the report names them.
 *
 * @param around the run's activity, and how memory is read (which tests replace)
 */
export function watchMemory(
  settings: Pick<WatchdogSettings, "memoryWarmup" | "memoryWarning" | "memoryLimit">,
  logger: Logger,
  { activity, read = readMemory }: { readonly activity?: Activity; readonly read?: () => MemoryReading } = {},
): MemoryWatch {
  const { memoryWarmup, memoryWarning, memoryLimit } = settings;
  const readings: MemoryReading[] = [];
  let epochs = 0;
  let first: MemoryReading | undefined;
  let warnAt = memoryWarning === null ? Number.POSITIVE_INFINITY : memoryWarning * mebi;
  return {
    look: (where) => {
      if (++epochs <= memoryWarmup) return;
      const now = read();
      first ??= now;
      readings.push(now);
      if (readings.length > window) readings.shift();
      const growth = now.resident - first.resident;
      const steady = readings.length >= 3 && isSteady(readings);
      const endAt = (memoryLimit ?? Number.POSITIVE_INFINITY) * mebi;
      const isLate = growth > endAt;
      if (activity && steady && growth > Math.min(warnAt, endAt) / 2) activity.memory ??= traceMemory();
      // What was asked for in this epoch is known now; the next one is another look.
      const culprits = activity?.memory?.account() ?? "";
      activity?.memory?.renew();
      if (!(growth > warnAt || isLate) || !steady) return;
      const account = describe(first, now, epochs - memoryWarmup - 1);
      if (isLate) throw memoryGrowth(account, where, memoryLimit ?? 0, culprits);
      if (readings.length < fewest) return;
      logger.warn(
        `memory: ${account}, in ${where}. ${culprits && `${culprits} `}It will be told again when it has doubled.`,
      );
      warnAt = 2 * growth;
    },
  };
}

export function readMemory(): MemoryReading {
  const { rss, heapUsed, external } = process.memoryUsage();
  // Engines may say more than tfjs knows of; ours say what they keep.
  const { numTensors, numBytes, engineBytes = 0 } = tf.memory() as tf.MemoryInfo & { readonly engineBytes?: number };
  return {
    resident: rss,
    tensors: numTensors,
    tensorBytes: numBytes,
    heap: heapUsed,
    buffers: external,
    engine: engineBytes,
  };
}

const mebi = 2 ** 20;

function isSteady(readings: readonly MemoryReading[]): boolean {
  let order = 0;
  readings.forEach((later, index) => {
    for (const earlier of readings.slice(0, index)) order += Math.sign(later.resident - earlier.resident);
  });
  return order >= (0.7 * readings.length * (readings.length - 1)) / 2;
}

/** What grew, the most first. */
function describe(then: MemoryReading, now: MemoryReading, epochs: number): string {
  const parts = (
    [
      [`tensors (${then.tensors} then, ${now.tensors} now)`, "tensorBytes"],
      ["JavaScript's heap", "heap"],
      ["buffers outside of it", "buffers"],
      ["the engine's memory", "engine"],
    ] as const
  )
    .map(([name, key]) => ({ name, bytes: now[key] - then[key] }))
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ name, bytes }) => `${name} ${signed(bytes)}`);
  const growth = now.resident - then.resident;
  return `the process grew by ${signed(growth)} to ${Math.round(now.resident / mebi)} MiB over ${epochs} epochs, ${signed(growth / epochs)} an epoch: ${parts.join(", ")}`;
}

function signed(bytes: number): string {
  const mebibytes = Math.round(bytes / mebi);
  return `${mebibytes < 0 ? "−" : "+"}${Math.abs(mebibytes)} MiB`;
}
