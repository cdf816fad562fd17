import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { webgpuEngine } from "../../../../plugins/engines/webgpu.js";
import { hasGpu, isSoftwareGpu, startGpu, useGpu } from "../../../support/gpu.js";

describe.skipIf(!hasGpu)("the engine webgpu", () => {
  useGpu();

  test("tells adapter, driver and Dawn, which a resumed run must share", async () => {
    const check = await webgpuEngine({}).check();
    expect(check.available).toBe(true);
    expect(check.version).toMatch(/^.+, .*\d.*, Dawn of webgpu 0\.6\.2$/);
  });

  test.skipIf(!isSoftwareGpu)("is not taken by auto where the GPU is software", async () => {
    expect(await webgpuEngine().check()).toMatchObject({ available: true, automatic: false });
  });

  test("lists its adapters, of which a part of a name is enough", async () => {
    const [first] = (await webgpuEngine().devices?.()) ?? [];
    expect(first?.detail).toMatch(/buffers of up to \d+ MiB/);
    const part = first?.name.slice(1, 6).toUpperCase() ?? "";
    expect(await webgpuEngine({ device: part }).check()).toMatchObject({ available: true });
    expect(await webgpuEngine({ device: "abacus" }).check()).toEqual({
      available: false,
      detail: 'no adapter is "abacus"',
      remedy: expect.stringContaining(`0 "${first?.name}"`),
    });
  });

  test.skipIf(!isSoftwareGpu)("has no f16 where there are no matrix units", async () => {
    const { available, detail } = await webgpuEngine({ precision: "f16" }).check();
    expect({ available, detail }).toEqual({ available: false, detail: expect.stringContaining("no matrix units") });
  });

  test("is started once, with the options of its first start", async () => {
    await startGpu();
    expect(tf.getBackend()).toBe("webgpu");
    expect(webgpuEngine().capabilities?.gpu).toBe(!isSoftwareGpu);
    await expect(webgpuEngine({ memory: 512 }).start()).rejects.toThrow(
      "it runs with memory null in this process, which cannot change to 512",
    );
    // Its adapters are Dawn's still, although there is a navigator.gpu now.
    expect((await webgpuEngine().check()).version).toContain("Dawn of webgpu");
  });
});
