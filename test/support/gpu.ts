/** Starts the engine `webgpu` for tests: on a GPU if `FGKD_TEST_GPU=real`, else on the software adapter that Chromium brings. */
import { existsSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { startWebgpu } from "../../plugins/engines/webgpu/index.js";
import { isHere } from "./required.js";

const software = "/usr/lib/chromium/vk_swiftshader_icd.json";
const real = process.env.FGKD_TEST_GPU === "real";

/** Whether anything answers to WebGPU here. Where `CI` is `true` it must. */
export const hasGpu: boolean = isHere(
  "the engine webgpu",
  real || existsSync(software) ? null : "the package chromium-common brings an adapter in software",
);

/** Whether the processor computes in the place of a GPU. */
export const isSoftwareGpu = !real;

/** Has the loader of Vulkan find the adapter, when the first is asked for. */
export function useGpu(): void {
  if (!real) process.env.VK_ICD_FILENAMES = software;
}

export async function startGpu(): Promise<void> {
  useGpu();
  await startWebgpu();
}

/** For tests that are declared for one engine after the other. */
export const gpuEngine = { name: "webgpu", start: startGpu };

/** The result on the GPU beside that of tfjs' backend in JavaScript. Values are read asynchronously: nothing else works here. */
export async function onBoth(
  compute: () => tf.Tensor | tf.Tensor[],
): Promise<{ readonly gpu: Float32Array; readonly cpu: Float32Array }[]> {
  const on = async (backend: string) => {
    await tf.setBackend(backend);
    const outputs = [tf.tidy(compute)].flat();
    const values = await Promise.all(outputs.map((output) => output.data()));
    tf.dispose(outputs);
    return values.map((one) => Float32Array.from(one));
  };
  const cpu = await on("cpu");
  const gpu = await on("webgpu");
  return gpu.map((values, at) => ({ gpu: values, cpu: cpu[at] as Float32Array }));
}
