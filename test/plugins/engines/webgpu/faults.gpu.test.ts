import type * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { chooseAdapter } from "../../../../plugins/engines/webgpu/adapters.js";
import type { BackendOptions, GpuBackend } from "../../../../plugins/engines/webgpu/backend.js";
import { openDevice } from "../../../../plugins/engines/webgpu/device.js";
import type { Shader } from "../../../../plugins/engines/webgpu/shader.js";
import { hasGpu, startGpu } from "../../../support/gpu.js";

const doubling: Shader = {
  key: "doubling",
  reads: [{ name: "x", element: "f32" }],
  writes: [{ name: "y", element: "f32" }],
  workgroup: [1, 1, 1],
  text: () => ({ main: "  y[at.x] = 2.0 * x[at.x];" }),
};

describe.skipIf(!hasGpu)("what goes wrong on a device", () => {
  beforeAll(startGpu);

  /** A device of its own: these tests spoil it. */
  const open = async (options?: BackendOptions) => {
    // Loaded once there is a `navigator.gpu`, as tfjs' package needs it.
    const { GpuBackend } = await import("../../../../plugins/engines/webgpu/backend.js");
    const adapter = await chooseAdapter(null);
    const device = await openDevice(adapter);
    return { device, backend: new GpuBackend(device, adapter.adapter.info, options) };
  };
  const double = (backend: GpuBackend, x: tf.TensorInfo, shader = doubling) => {
    const y = backend.allocate(x.shape);
    backend.run({ shader, reads: [x], writes: [y], groups: [x.shape[0] as number, 1, 1] });
    return y;
  };
  const three = (backend: GpuBackend) => backend.makeTensorInfo([3], "float32", Float32Array.of(1, 2, 3));

  test("a device that is lost ends a read that waits, and all that is asked for later", async () => {
    const { device, backend } = await open();
    const y = double(backend, three(backend));
    expect(await backend.read(y.dataId)).toEqual(Float32Array.of(2, 4, 6));
    const waiting = backend.read(double(backend, y).dataId);
    device.destroy();
    await expect(waiting).rejects.toThrow(/FGKD_ENGINE_FAILED.*"webgpu".*the device is lost.*--resume/);
    expect(() => double(backend, y)).toThrow("the device is lost");
  });

  test("a shader that does not compile is named at the next read, if not before", async () => {
    const { backend } = await open();
    const broken: Shader = { ...doubling, key: "broken", text: () => ({ main: "  y[at.x] = nothing;" }) };
    const attempt = async () => backend.read(double(backend, three(backend), broken).dataId);
    await expect(attempt()).rejects.toThrow(/FGKD_ENGINE_FAILED.*broken/s);
  });

  test("memory beyond the bound is refused, with what would fit; free memory makes room first", async () => {
    const { backend } = await open({ memory: 3 << 20 });
    const one = backend.allocate([1 << 19]);
    expect(() => backend.allocate([1 << 19])).toThrow(
      /FGKD_OUT_OF_MEMORY.*no room for 2 MiB more, it holds 2 MiB.*batchSize.*accumulate.*3 MiB/,
    );
    backend.disposeData(one.dataId);
    backend.allocate([(1 << 19) + (1 << 17)]);
    expect(backend.stats()).toMatchObject({ bytesFree: 0, bytesInUse: 2.5 * 2 ** 20 });
  });

  test("more memory than the device has is refused as memory", async () => {
    const { backend, device } = await open();
    const values = device.limits.maxBufferSize / 4;
    const attempt = async () => {
      const many = Array.from({ length: 64 }, () => backend.allocate([values]));
      return backend.read(double(backend, many[63] as tf.TensorInfo).dataId);
    };
    await expect(attempt()).rejects.toThrow("FGKD_OUT_OF_MEMORY");
  });

  test("runs that no shader takes are refused before they reach the device", async () => {
    const { backend } = await open();
    const x = three(backend);
    const run = (reads: tf.TensorInfo[], groups: readonly [number, number, number] = [3, 1, 1]) =>
      backend.run({ shader: doubling, reads, writes: [backend.allocate([3])], groups });
    expect(() => run([x, x])).toThrow(
      "webgpu: the shader doubling takes 1 tensors to read and 1 to write, not 2 and 1",
    );
    expect(() => run([backend.makeTensorInfo([0, 3], "float32")])).toThrow("tensors that are not empty, not [0,3]");
    expect(() => run([x], [70_000, 1, 1])).toThrow("1 to 65535 workgroups along each axis, not 70000 × 1 × 1");
    expect(() => run([x], [0, 1, 1])).toThrow("not 0 × 1 × 1");
    run([x]);
    expect(await backend.read(x.dataId)).toEqual(Float32Array.of(1, 2, 3));
  });

  test("values that are asked for at once are refused, with the word to write", async () => {
    const { backend } = await open();
    const y = double(backend, three(backend));
    expect(() => backend.readSync(y.dataId)).toThrow(/FGKD_ENGINE_FAILED.*dataSync\(\).*await tensor\.data\(\)/);
  });
});
