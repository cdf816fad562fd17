import { describe, expect, test } from "vitest";
import type { Commands } from "../../../../plugins/engines/webgpu/commands.js";
import { Pool, sizeClass } from "../../../../plugins/engines/webgpu/pool.js";

/** A pool over a device that only counts. */
function pool(bound?: number) {
  const alive = new Set<object>();
  const told = { trimmed: 0, refused: [] as number[], submitted: 0 };
  let scope: GPUError | null = null;
  const device = {
    pushErrorScope: () => {},
    popErrorScope: async () => scope,
    createBuffer: ({ size }: { size: number }) => {
      const buffer = { size, destroy: () => alive.delete(buffer) };
      alive.add(buffer);
      return buffer;
    },
  };
  const commands = {
    serial: 1,
    submit: () => {
      commands.serial++;
      told.submitted++;
    },
  };
  const events = {
    trimmed: () => told.trimmed++,
    exhausted: (bytes: number) => new Error(`no room for ${bytes}`),
    refused: (bytes: number) => told.refused.push(bytes),
  };
  Object.assign(globalThis, { GPUBufferUsage: { STORAGE: 128, COPY_SRC: 4, COPY_DST: 8 } });
  const made = new Pool(device as unknown as GPUDevice, commands as unknown as Commands, events, bound);
  const refuse = (message: string) => {
    scope = { message } as GPUError;
  };
  return { pool: made, alive, told, commands, refuse };
}

describe("the memory of a GPU", () => {
  test("is handed out in sizes that waste an eighth at most, all of them divisible by 32", () => {
    for (let bytes = 257; bytes < 5e9; bytes = Math.ceil(bytes * 1.37)) {
      const size = sizeClass(bytes);
      expect(size).toBeGreaterThanOrEqual(bytes);
      expect(size / bytes).toBeLessThanOrEqual(1.125);
      expect(size % 32).toBe(0);
      expect(sizeClass(size)).toBe(size);
    }
    expect(sizeClass(4)).toBe(256);
  });

  test("that is free is handed out again at once, lowest number first", () => {
    const { pool: one, alive } = pool();
    const [a, b, c] = [one.take(1000), one.take(1000), one.take(1000)];
    for (const slot of [b, c, a]) one.give(slot);
    expect([one.take(1000), one.take(1000), one.take(1000)]).toEqual([a, b, c]);
    expect(alive.size).toBe(3);
    expect(one.bytesInUse).toBe(3 * sizeClass(1000));
    expect(one.bytesFree).toBe(0);
  });

  test("comes to the same buffers in each repetition, whichever order they are freed in", () => {
    const { pool: one } = pool();
    const repetition = (backwards: boolean) => {
      const slots = [300, 700, 300, 4000, 300].map((bytes) => one.take(bytes));
      for (const slot of backwards ? [...slots].reverse() : slots) one.give(slot);
      return slots.map(({ id }) => id);
    };
    const first = repetition(false);
    expect(repetition(true)).toEqual(first);
    expect(repetition(false)).toEqual(first);
  });

  test("for values of JavaScript is none that commands still being written use", () => {
    const { pool: one, commands, told } = pool();
    const large = 1 << 20;
    const first = one.takeForUpload(large);
    first.lastUsed = commands.serial;
    one.give(first);
    expect(one.takeForUpload(large)).toBe(first);
    expect(told.submitted).toBe(1);
    const small = one.takeForUpload(64);
    small.lastUsed = commands.serial;
    one.give(small);
    expect(one.takeForUpload(64)).not.toBe(small);
    expect(told.submitted).toBe(1);
  });

  test("that is free makes room under a bound, large buffers first, and what no room can be made for is refused", () => {
    const { pool: one, alive, told } = pool(4096);
    const [large, small] = [one.take(2048), one.take(1024)];
    one.give(large);
    one.give(small);
    one.take(1536);
    expect(told).toMatchObject({ trimmed: 1, submitted: 1 });
    expect(alive).not.toContain(large.buffer);
    expect(alive).toContain(small.buffer);
    expect(() => one.take(4096)).toThrow("no room for 4096");
    expect(one.bytesInUse).toBe(1536);
  });

  test("that the device does not have is told of", async () => {
    const { pool: one, told, refuse } = pool();
    refuse("out of memory");
    one.take(5000);
    await Promise.resolve();
    expect(told.refused).toEqual([sizeClass(5000)]);
  });
});
