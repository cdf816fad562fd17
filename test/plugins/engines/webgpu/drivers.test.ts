import { describe, expect, test } from "vitest";
import { isReachable } from "../../../../plugins/engines/webgpu/adapters.js";
import { noDriver } from "../../../../plugins/engines/webgpu/drivers.js";
import { webgpuEngine } from "../../../../plugins/engines/webgpu.js";

const here = import.meta.filename;

describe("drivers for Vulkan", () => {
  const nowhere = () => [];

  test("are missing where no folder describes one", () => {
    expect(noDriver({ env: {}, platform: "linux" }, nowhere)).toContain("no driver for Vulkan");
    expect(noDriver({ env: {}, platform: "linux" }, () => ["notes.txt"])).toContain("no driver for Vulkan");
  });

  test.each(["/usr/share", "/etc", "/run/opengl-driver/share"])("are found in %s", (place) => {
    const lists = (folder: string) => (folder === `${place}/vulkan/icd.d` ? ["nvidia_icd.json"] : []);
    expect(noDriver({ env: {}, platform: "linux" }, lists)).toBeUndefined();
  });

  test("are those that a variable names, if one of them is there", () => {
    expect(noDriver({ env: { VK_DRIVER_FILES: `/gone.json:${here}` }, platform: "linux" }, nowhere)).toBeUndefined();
    expect(noDriver({ env: { VK_ICD_FILENAMES: "/gone.json" }, platform: "linux" }, () => ["a.json"])).toBe(
      "/gone.json describes no driver for Vulkan",
    );
  });

  test("are no question where there is Metal or Direct3D", () => {
    expect(noDriver({ env: {}, platform: "darwin" }, nowhere)).toBeUndefined();
    expect(noDriver({ env: {}, platform: "win32" }, nowhere)).toBeUndefined();
  });
});

describe("adapters of similar names", () => {
  test("can be chosen where none before has the name", () => {
    const names = ["Arc A770", "Arc", "Radeon", "Radeon"];
    expect(names.map((_, at) => isReachable(names, at))).toEqual([true, false, true, false]);
  });
});

describe("the engine webgpu", () => {
  test("says its options with their defaults, and that it has a queue", () => {
    const { options, queue } = webgpuEngine({ device: 1 });
    expect(options).toEqual({ device: 1, precision: "f32", memory: null, tuning: "auto" });
    expect(queue).toBe(true);
  });

  test("refuses what is no option of it", () => {
    expect(() => webgpuEngine({ precision: "bf16" } as never)).toThrow(
      '[engine webgpu] option "precision" must be one of f32, f16',
    );
    expect(() => webgpuEngine({ memory: 0 })).toThrow('option "memory" must be whole and positive, or null');
  });
});
