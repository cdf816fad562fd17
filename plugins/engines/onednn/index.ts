/** The `onednn` engine: TensorFlow.js on all cores of the CPU, through oneDNN and native loops. */
import * as tf from "@tensorflow/tfjs";
import { type Addon, loadAddon } from "./addon.js";
import { OnednnBackend } from "./backend.js";
import { remedyOf } from "./compile.js";
import { registerKernels } from "./register.js";
import { availableThreads } from "./threads.js";

export { compileOnednn } from "./compile.js";
export { availableThreads } from "./threads.js";

export interface OnednnOptions {
  /** OpenMP threads. Default: every core that this process may use. */
  readonly threads?: number;
}

export interface OnednnCheck {
  readonly available: boolean;
  /** Version and instruction set, or what is missing. */
  readonly detail: string;
  /** A command that makes it available. */
  readonly remedy?: string;
  /** Of oneDNN, and the instruction set it uses. */
  readonly version?: string;
}

const name = "onednn";

/** Whether the engine can run here. Never throws, changes nothing. */
export function checkOnednn({ threads = availableThreads() }: OnednnOptions = {}): OnednnCheck {
  try {
    const { version: number, instructionSet } = loadAddon().describe();
    const version = `oneDNN ${number}, ${instructionSet}`;
    return { available: true, detail: `${version}, ${threads} ${threads === 1 ? "thread" : "threads"}`, version };
  } catch (cause) {
    return { available: false, detail: (cause as Error).message, remedy: remedyOf() };
  }
}

/**
 * Makes `onednn` the active backend of tfjs in this process. oneDNN prepares its work for a number of threads, so the
 * number with which the engine was first started stays.
 *
 * @throws Error when the addon is not built or does not load, or when the engine runs with other threads already
 */
export async function startOnednn({ threads }: OnednnOptions = {}): Promise<void> {
  const addon = loadAddon();
  if (tf.findBackendFactory(name) == null) register(addon, threads ?? availableThreads());
  const running = addon.describe().threads;
  if (threads !== undefined && threads !== running)
    throw new Error(`it runs with ${running} threads in this process, which cannot change to ${threads}`);
  await tf.setBackend(name);
  await tf.ready();
}

function register(addon: Addon, threads: number): void {
  addon.setThreads(threads);
  tf.registerBackend(name, () => new OnednnBackend(addon), 4);
  registerKernels(name, addon);
}
