/** The `webgpu` engine: a GPU, through Dawn in Node or a browser's own WebGPU. */
import * as tf from "@tensorflow/tfjs";
import type { EngineCheck, EngineDevice } from "../../../core/index.js";
import { type Adapter, AdapterError, adapterNames, chooseAdapter, isReachable, openAdapter } from "./adapters.js";
import { type GpuSettings, usualSettings, type WebgpuOptions } from "./options.js";
import type { TuningTable } from "./tuning-file.js";
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

/** The tuning that products are computed with: `off`, or a table's name. Known once the engine has started. */
export function tuningInUse(): string | undefined {
  return running?.settings.tuning;
}

/** Whether the engine can run here. Never throws. */
export async function checkWebgpu({ device, precision }: GpuSettings): Promise<EngineCheck> {
  try {
    const found = await chooseAdapter(device);
    const { adapter, isSoftware } = found;
    if (precision === "f16" && !hasMatrixUnits(adapter))
      return {
        available: false,
        detail: `"${found.name}" has no matrix units for f16 (${describeAdapter(found)})`,
        remedy: 'leave precision: "f16" out, or choose another adapter by device',
      };
    return {
      available: true,
      detail: `${found.name}, ${describeAdapter(found)}`,
      version: versionOf(found),
      ...(isSoftware && { automatic: false }),
    };
  } catch (cause) {
    return { available: false, ...troubleOf(cause) };
  }
}

/** Adapter, driver, and what implements WebGPU: what last bits depend on, and how fast a tile is. */
function versionOf({ name, adapter, implementation }: Adapter): string {
  return [name, adapter.info.description, implementation].join(", ");
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
    // Which tuning that is was found at the start.
    const isOpen = option === "tuning" && (wanted === "auto" || (wanted === "on" && now !== "off"));
    if (wanted !== now && !isOpen)
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
  const { Tuner } = await import("./tuner.js");
  const found = await tuningFor(settings, adapter);
  tf.removeBackend(name);
  const { precision, memory } = settings;
  const options = { precision, ...(memory !== null && { memory: memory * 2 ** 20 }) };
  tf.registerBackend(
    name,
    () => {
      const backend = new GpuBackend(device, adapter.adapter.info, options);
      backend.tuning = found?.table;
      const tuner = new Tuner(backend);
      if (found?.grows) backend.beforeAnswer = () => tuner.whileWaiting();
      return backend;
    },
    5,
  );
  registerKernels(name);
  return { settings: { ...settings, tuning: found?.table.id ?? "off" }, isSoftware: adapter.isSoftware };
}

/** A tuning, and whether what it lacks is measured: not for a run that goes on. */
interface Found {
  readonly table: TuningTable;
  readonly grows: boolean;
}

/** Nothing where products are always computed alike: on an adapter in software, and in browsers, which have no files. */
async function tuningFor({ tuning }: GpuSettings, adapter: Adapter): Promise<Found | undefined> {
  const isWanted = tuning === "auto" ? !adapter.isSoftware : tuning !== "off";
  if (!isWanted || !("process" in globalThis)) return undefined;
  const { readTuning, tuningFile } = await import("./tuning-file.js");
  const file = tuningFile(versionOf(adapter));
  const isNew = tuning === "auto" || tuning === "on";
  return { table: readTuning(file, isNew ? undefined : tuning), grows: isNew };
}
