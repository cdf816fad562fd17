/** Who is told of all that the engine computes, and of memory that comes and goes, while a recording is made. */
import type { Addon } from "./addon.js";

/** A function of the addon, whatever it takes. */
export type Native = (...given: unknown[]) => unknown;

export interface Witness {
  took(buffer: ArrayBuffer, bytes: number): void;
  gave(buffer: ArrayBuffer): void;
  ran(name: keyof Addon, run: Native, given: readonly unknown[]): void;
  /** Told of what cannot be done again: JavaScript read values, or wrote them. */
  refuse(): void;
}

/** Functions that leave values alone, or what is computed of them. */
const silent: ReadonlySet<string> = new Set<keyof Addon>([
  ...(["allocate", "release", "setThreads", "releaseScratch", "describe", "matMulPieces"] as const),
  ...(["convPlan", "convPlanBf16", "convTune", "convPackedBytes", "convDescribe"] as const),
]);

const originals = new WeakMap<Addon, Addon>();

/** The addon, whose calls somebody may be told of: until then they are those of the addon itself. */
export function watchable(addon: Addon): Addon {
  const copy = { ...addon };
  originals.set(copy, addon);
  return copy;
}

/** Tells the witness of every call of a `watchable` addon from now on; without one, nobody. */
export function watch(addon: Addon, witness?: Witness): void {
  const own = originals.get(addon);
  if (!own) throw new Error("the addon's calls cannot be watched");
  Object.assign(addon, own);
  if (!witness) return;
  for (const [name, run] of Object.entries(own) as [keyof Addon, Native][]) {
    if (typeof run !== "function" || silent.has(name)) continue;
    const told: Native = (...given) => {
      witness.ran(name, run, given);
      return run(...given);
    };
    Object.assign(addon, { [name]: told });
  }
}
