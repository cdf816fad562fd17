/** The `webgpu` engine: a GPU, through Dawn in Node or a browser's own WebGPU. */
import * as tf from "@tensorflow/tfjs";
import type { EngineCheck, EngineDevice } from "../../../core/index.js";
import { AdapterError, adapterNames, chooseAdapter, isReachable, openAdapter } from "./adapters.js";
import { type GpuSettings, usualSettings, type WebgpuOptions } from "./options.js";
import { describeAdapter, hasMatrixUnits } from "./words.js";

export type { GpuSettings, WebgpuOptions } from "./options.js";
export { usualSettings, webgpuSchema } from "./options.js";

const name = "webgpu";

/** What the engine of this process was started with. */
interface Running {
  readonly settings: GpuSettings;
  readonly isSoftware: boolean;
}

let running: Running | undefined;

/** Whether a GPU computes, and no stand-in on the processor. Known once the engine has started. */
export function runsOnGpu(): boolean {
  return running !== undefined && !running.isSoftware;
}

/** Whether the engine can run here. Never throws. */
export async function checkWebgpu({ device, precision }: GpuSettings): Promise<EngineCheck> {
  try {
    const found = await chooseAdapter(device);
    const { adapter, isSoftware, implementation } = found;
    if (precision === "f16" && !hasMatrixUnits(adapter))
      return {
        available: false,
        detail: `"${found.name}" has no matrix units for f16 (${describeAdapter(found)})`,
        remedy: 'leave precision: "f16" out, or choose another adapter by device',
      };
    const { description } = adapter.info;
    return {
      available: true,
      detail: `${found.name}, ${describeAdapter(found)}`,
      version: [found.name, description, implementation].join(", "),
      ...(isSoftware && { automatic: false }),
    };
  } catch (cause) {
    return { available: false, ...troubleOf(cause) };
  }
}

function troubleOf(cause: unknown): Pick<EngineCheck, "detail" | "remedy"> {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (cause instanceof AdapterError) return { detail: message, remedy: cause.remedy };
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND")
    return { detail: "the package webgpu is not installed, or has no binary for this system", remedy: install };
  return { detail: message.split("\n")[0] ?? "", remedy: guide };
}

const install = "npm install webgpu@0.6.2 (Dawn, 51 MB)";
const guide = "install the GPU's driver; docs/guides/gpu.md says how, and what else may be missing";

/** The adapters that there are, in the order of their numbers. Never throws. */
export async function webgpuDevices(): Promise<readonly EngineDevice[]> {
  const names = await adapterNames().catch(() => []);
  return Promise.all(
    names.map(async (adapterName, at) => {
      if (!isReachable(names, at))
        return { name: adapterName, detail: "cannot be chosen: one before it has its name, or a longer one" };
      const adapter = await openAdapter(adapterName);
      return { name: adapterName, detail: adapter ? describeAdapter(adapter) : "does not answer" };
    }),
  );
}

/**
 * Makes `webgpu` the active backend of tfjs in this process. A device is opened once, so the options with which the engine
 * was first started stay; what a later call leaves out is as it is.
 *
 * @throws Error when no adapter answers, or when the engine runs with other options already
 */
export async function startWebgpu(given: WebgpuOptions = {}): Promise<void> {
  running ??= await register({ ...usualSettings, ...given });
  const { settings } = running;
  for (const option of Object.keys(settings) as (keyof GpuSettings)[]) {
    const [now, wanted] = [settings[option], given[option] ?? settings[option]];
    if (wanted !== now)
      throw new Error(`it runs with ${option} ${now} in this process, which cannot change to ${wanted}`);
  }
  await tf.setBackend(name);
  await tf.ready();
}

async function register(settings: GpuSettings): Promise<Running> {
  const adapter = await chooseAdapter(settings.device);
  const { openDevice } = await import("./device.js");
  const device = await openDevice(adapter);
  // Loaded once there is a `navigator.gpu`: without it tfjs' package registers nothing.
  const { GpuBackend } = await import("./backend.js");
  const { registerKernels } = await import("./register.js");
  tf.removeBackend(name);
  const { precision, memory } = settings;
  const options = { precision, ...(memory !== null && { memory: memory * 2 ** 20 }) };
  tf.registerBackend(name, () => new GpuBackend(device, adapter.adapter.info, options), 5);
  registerKernels(name);
  return { settings, isSoftware: adapter.isSoftware };
}
