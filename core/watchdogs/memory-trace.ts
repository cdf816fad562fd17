/** A look behind growing memory: what each tap of a plugin keeps, once everything that nobody holds any more is gone. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs";

/** Around the taps of plugins. Collects garbage before and after each, so it is for a second look. */
export interface MemoryTrace {
  /** @returns what is to be called when the part has come to its end; `undefined` when nobody looks this time */
  begin(part: string): (() => void) | undefined;
  /** Every tap is looked at once more. */
  renew(): void;
  /** A sentence: who keeps how much. */
  account(): string;
}

/** What a tap left behind, in bytes, in each call that was looked at. */
interface Kept {
  readonly buffers: number[];
  readonly heap: number[];
}

/** Calls of one tap that are looked at, at most: each takes four collections. */
const most = 20;

/** In bytes a call: less is noise, of compiled code and the like. */
const leastBuffers = 2 ** 14;
const leastHeap = 2 ** 19;

/** @param collect collects garbage */
export function traceMemory(collect: () => void = collector()): MemoryTrace {
  const tensorsAreBuffers = areTensorsBuffers(collect);
  const kept = new Map<string, Kept>();
  const seen = new Set<string>();
  const read = () => {
    collect();
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    // Tensors that a tap hands on live to the end of the step; others are the business of who counts tensors.
    return { buffers: arrayBuffers - (tensorsAreBuffers ? tf.memory().numBytes : 0), heap: heapUsed };
  };
  return {
    begin: (part) => {
      const so = kept.get(part) ?? { buffers: [], heap: [] };
      if (!part.startsWith("hooks.") || seen.has(part) || so.heap.length >= most) return undefined;
      seen.add(part);
      const before = read();
      return () => {
        const after = read();
        so.buffers.push(after.buffers - before.buffers);
        so.heap.push(after.heap - before.heap);
        kept.set(part, so);
      };
    },
    renew: () => seen.clear(),
    account: () => describe(kept),
  };
}

function describe(kept: ReadonlyMap<string, Kept>): string {
  if (kept.size === 0) return "Which hook keeps it is looked for from now on.";
  const found = [...kept].flatMap(([part, { buffers, heap }]) =>
    (
      [
        ["buffers", lowerQuartile(buffers), leastBuffers],
        ["objects", lowerQuartile(heap), leastHeap],
      ] as const
    )
      .filter(([, bytes, least]) => bytes >= least)
      .map(([kind, bytes]) => ({
        bytes,
        text: `${part} keeps ${size(bytes)} of ${kind} a call (${heap.length} looked at)`,
      })),
  );
  if (found.length === 0)
    return "No hook of a plugin kept buffers or objects in most of the calls that were looked at.";
  const words = found.sort((a, b) => b.bytes - a.bytes).map(({ text }) => text);
  return `After its garbage is collected, ${words.slice(0, 3).join(", ")}.`;
}

/** What most calls keep: memory also gets what the runtime compiles or reads ahead, in whosever call that falls. */
function lowerQuartile(bytes: readonly number[]): number {
  return [...bytes].sort((a, b) => a - b)[Math.floor((bytes.length - 1) / 4)] ?? 0;
}

function size(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.round(bytes / 2 ** 10)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** Node.js hands its collector out to those who ask for it before they make a context. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  return () => {
    collect();
    // Buffers that the first has found are let go of in the background, which the second waits for.
    collect();
  };
}

/** Whether the engine in use keeps tensors in buffers of JavaScript, or in memory of its own. */
function areTensorsBuffers(collect: () => void): boolean {
  const buffers = () => {
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = buffers();
  const tensor = tf.fill([2 ** 18], 1);
  const growth = buffers() - before;
  tensor.dispose();
  return growth >= 2 ** 20;
}
