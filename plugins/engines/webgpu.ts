/** The `webgpu` engine: a GPU through Vulkan, Metal or Direct3D, from one package of npm. */
import * as tf from "@tensorflow/tfjs";
import { describeOptions, type Engine } from "../../core/index.js";
import type { Recorder } from "../../core/ops/index.js";
import {
  checkWebgpu,
  runsOnGpu,
  startWebgpu,
  tuningInUse,
  usualSettings,
  type WebgpuOptions,
  webgpuDevices,
  webgpuSchema,
} from "./webgpu/index.js";

/** Its entry's options. */
export const webgpuOptions = describeOptions("engine webgpu", webgpuSchema);

export function webgpuEngine(given: WebgpuOptions = {}): Engine {
  webgpuOptions.check(given);
  const settings = { ...usualSettings, ...webgpuOptions.defaults, ...given };
  return {
    name: "webgpu",
    alsoCalled: ["gpu", "dawn", "vulkan", "metal", "direct3d", "d3d12"],
    priority: 50,
    capabilities: {
      deterministic: true,
      halfPrecision: settings.precision === "f16",
      narrowRange: settings.precision === "f16",
      threads: null,
      get gpu() {
        return runsOnGpu();
      },
    },
    get options() {
      return { ...settings, tuning: tuningInUse() ?? settings.tuning };
    },
    queue: true,
    check: () => checkWebgpu(settings),
    devices: webgpuDevices,
    start: () => startWebgpu(settings),
    // Its backend notes what it runs.
    recorder: () => tf.backend() as unknown as Recorder,
  };
}
