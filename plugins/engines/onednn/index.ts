/** The `onednn` engine: TensorFlow.js on all cores of the CPU, through oneDNN and native loops. */
import * as tf from "@tensorflow/tfjs";
import { type Addon, loadAddon } from "./addon.js";
import { OnednnBackend } from "./backend.js";
import { remedyOf } from "./compile.js";
import { registerKernels } from "./register.js";

export { compileOnednn } from "./compile.js";

export interface OnednnOptions {
  /** OpenMP threads. Default: all cores. */
  readonly threads?: number;
}

export interface OnednnCheck {
  readonly available: boolean;
  /** Version and instruction set, or what is missing. */
  readonly detail: string;
  /** A command that makes it available. */
  readonly remedy?: string;
}

const name = "onednn";

/** Whether the engine can run here. Never throws, changes nothing. */
export function checkOnednn(): OnednnCheck {
  try {
    const { version, instructionSet, threads } = loadAddon().describe();
    return { available: true, detail: `oneDNN ${version}, ${instructionSet}, ${threads} threads` };
  } catch (cause) {
    return { available: false, detail: (cause as Error).message, remedy: remedyOf() };
  }
}

/**
 * Makes `onednn` the active backend of tfjs in this process.
 *
 * @throws Error when the addon is not built or does not load
 */
export async function startOnednn({ threads }: OnednnOptions = {}): Promise<void> {
  const addon = loadAddon();
  if (threads !== undefined) addon.setThreads(threads);
  if (tf.findBackendFactory(name) == null) register(addon);
  await tf.setBackend(name);
  await tf.ready();
}

function register(addon: Addon): void {
  tf.registerBackend(name, () => new OnednnBackend(addon), 4);
  registerKernels(name, addon);
}
