/** The `webgpu` engine: any vendor's GPU, through Dawn in Node or a browser's own WebGPU. */
import * as tf from "@tensorflow/tfjs";

const name = "webgpu";

/** Makes `webgpu` the active backend of tfjs in this process. */
export async function startWebgpu(): Promise<void> {
  if (!tf.engine().registryFactory[name] || !started) {
    const { openDevice } = await import("./device.js");
    const { device, info } = await openDevice();
    // Loaded once there is a `navigator.gpu`: without it tfjs' package registers nothing.
    const { GpuBackend } = await import("./backend.js");
    const { registerKernels } = await import("./register.js");
    tf.removeBackend(name);
    tf.registerBackend(name, () => new GpuBackend(device, info), 5);
    registerKernels(name);
    started = true;
  }
  await tf.setBackend(name);
  await tf.ready();
}

let started = false;
