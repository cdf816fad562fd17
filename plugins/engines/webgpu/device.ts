/** Finds adapters through Dawn in Node or the browser's own `navigator.gpu`, and opens a device on one. */

/** What a browser has, and Node has from version 21 on without the part that matters here. */
const page = globalThis as { readonly navigator?: { readonly gpu?: GPU } };

/** Opens the adapter of greatest power. Dawn's objects become those that a browser has: tfjs looks for them. */
export async function openDevice(): Promise<{ readonly device: GPUDevice; readonly info: GPUAdapterInfo }> {
  await provideNavigator();
  const adapter = await page.navigator?.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("no adapter answers");
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(raised.map((name) => [name, limits[name]])),
  });
  return { device, info: adapter.info };
}

const wanted = [
  "timestamp-query",
  "shader-f16",
  "subgroups",
  "chromium-experimental-subgroup-matrix",
] as GPUFeatureName[];
const raised = [
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxStorageBuffersPerShaderStage",
] as const;

async function provideNavigator(): Promise<void> {
  if (page.navigator?.gpu) return;
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create([
    "enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia",
    // Software adapters take ten times as long to compile what the extension zeroes; Dawn's own loops zero as well.
    "disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension",
  ]);
  const value = Object.assign(Object.create(page.navigator ?? null), { gpu, userAgent: "node" });
  Object.defineProperty(globalThis, "navigator", { value, configurable: true, writable: true });
}
