/** Dawn for Node, from the package `webgpu`: its adapters, and its objects where a browser has them. Loaded where none are. */
import { createRequire } from "node:module";
import { noDriver } from "./drivers.js";

const flags = [
  "enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia",
  // Software adapters take ten times as long to compile what the extension zeroes; Dawn's own loops zero as well.
  "disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension",
];
const provided = new WeakSet<GPU>();

/** Whether this is Dawn's, put there by us, and no browser's. */
export function isDawn(gpu: GPU): boolean {
  return provided.has(gpu);
}

/** @throws Error when the package is not installed, its binary does not load, or there is no driver it could find */
export async function adapterNames(power: GPURequestAdapterOptions): Promise<readonly string[]> {
  const { create } = await import("webgpu");
  const lack = noDriver();
  if (lack) throw new Error(lack);
  // Dawn answers a name that no adapter has with those that there are, in its order.
  const refusal = await create([...flags, "adapter=\u0001"])
    .requestAdapter(power)
    .then(String, String);
  return [...refusal.matchAll(/^ \* backend: '[^']*', name: '(.*)'$/gm)].map(([, name]) => name as string);
}

/** Dawn that gives this adapter: the first that has the name as a part of its own. */
export async function dawnWith(name: string): Promise<GPU> {
  const { create } = await import("webgpu");
  return create([...flags, `adapter=${name}`]);
}

/** Makes Dawn's objects those that a browser has: TensorFlow.js looks for them. */
export async function provide(gpu: GPU): Promise<void> {
  const { globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  provided.add(gpu);
  const page = globalThis as { readonly navigator?: object };
  const value = Object.assign(Object.create(page.navigator ?? null), { gpu, userAgent: "node" });
  Object.defineProperty(globalThis, "navigator", { value, configurable: true, writable: true });
}

/** In words, for the manifest. */
export function dawnVersion(): string {
  try {
    const { version } = createRequire(import.meta.url)("webgpu/package.json") as { readonly version: string };
    return `Dawn of webgpu ${version}`;
  } catch {
    // Bundled without its package.
    return "Dawn";
  }
}
