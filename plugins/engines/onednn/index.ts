/** The `onednn` engine: TensorFlow.js on all cores of the CPU, through oneDNN and native loops. */
import * as tf from "@tensorflow/tfjs";
import type { Recorder } from "../../../core/ops/index.js";
import { type Addon, loadAddon } from "./addon.js";
import { OnednnBackend } from "./backend.js";
import { remedyOf } from "./compile.js";
import { type CompleteOptions, completeOptions, type OnednnOptions } from "./options.js";
import { OnednnRecorder } from "./recorder.js";
import { registerKernels } from "./register.js";
import { availableThreads } from "./threads.js";
import { isTracing } from "./trace.js";
import { watchable } from "./witness.js";

export { compileOnednn } from "./compile.js";
export type { OnednnOptions, OutdatedVariable } from "./options.js";
export { completeOptions, onednnSchema } from "./options.js";

export interface OnednnCheck {
  readonly available: boolean;
  /** Version and instruction set, or what is missing. */
  readonly detail: string;
  /** A command that makes it available. */
  readonly remedy?: string;
  /** What the processor could do if options were others. */
  readonly advice?: string;
  /** Of oneDNN, and the instruction set it uses. */
  readonly version?: string;
}

const name = "onednn";

/** Whether the engine can run here. Never throws, changes nothing. */
export function checkOnednn({
  threads = availableThreads(),
  precision = "f32",
}: Partial<Pick<CompleteOptions, "threads" | "precision">> = {}): OnednnCheck {
  try {
    const { version: number, instructionSet, loops, bf16 } = loadAddon().describe();
    // Left alone the loops go with the library's instructions; held down they round otherwise.
    const heldDown = process.env.FGKD_MAX_CPU_ISA ? `, loops for ${loops}` : "";
    const version = `oneDNN ${number}, ${instructionSet}${heldDown}`;
    return {
      available: true,
      detail: `${version}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
      version,
      ...(bf16 !== "none" && precision === "f32" && { advice: adviceOf(bf16) }),
    };
  } catch (cause) {
    return { available: false, detail: (cause as Error).message, remedy: remedyOf() };
  }
}

function adviceOf(units: "vectors" | "tiles"): string {
  const what = units === "tiles" ? "matrices of bf16 (AMX)" : "vectors of bf16 (AVX512-BF16)";
  return `this processor multiplies ${what}: engine: { name: "onednn", precision: "bf16" } makes use of it`;
}

/** What the engine of this process was started with. */
let running: CompleteOptions | undefined;

/**
 * Makes `onednn` the active backend of tfjs in this process. oneDNN prepares its work for a number of threads, and plans
 * are kept, so the options with which the engine was first started stay; what a later call leaves out is as it is.
 *
 * @throws Error when the addon is not built or does not load, or when the engine runs with other options already
 */
export async function startOnednn(given: OnednnOptions = {}): Promise<void> {
  running ??= register(watchable(loadAddon()), completeOptions(given).options);
  for (const option of Object.keys(running) as (keyof CompleteOptions)[]) {
    const [now, wanted] = [running[option], given[option] ?? running[option]];
    if (wanted !== now)
      throw new Error(`it runs with ${option} ${now} in this process, which cannot change to ${wanted}`);
  }
  await tf.setBackend(name);
  await tf.ready();
}

/** What notes passes of networks, once the engine has started; none where kernels are traced, which have to run. */
export function onednnRecorder(): Recorder | undefined {
  return isTracing ? undefined : new OnednnRecorder(tf.backend() as OnednnBackend);
}

function register(addon: Addon, options: CompleteOptions): CompleteOptions {
  addon.setThreads(options.threads);
  tf.registerBackend(name, () => new OnednnBackend(addon, options), 4);
  registerKernels(name, addon, options);
  return options;
}
