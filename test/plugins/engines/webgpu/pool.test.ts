import { describe, expect, test } from "vitest";
import type { Commands } from "../../../../plugins/engines/webgpu/commands.js";
import { Pool, sizeClass } from "../../../../plugins/engines/webgpu/pool.js";
import type { Slot } from "../../../../plugins/engines/webgpu/slot.js";

/** A pool over a device that only counts. */
function pool(bound?: number, device = Number.POSITIVE_INFINITY) {
  const alive = new Set<object>();
  const told = { submitted: 0 };
  const commands = {
    serial: 1,
    submit: () => {
      commands.serial++;
      told.submitted++;
    },
  };
  const source = {
    create: (size: number) => {
      const held = [...alive].reduce<number>((sum, one) => sum + (one as GPUBuffer).size, 0);
      if (held + size > device) return undefined;
      const buffer = { size, destroy: () => alive.delete(buffer) };
      alive.add(buffer);
      return buffer as unknown as GPUBuffer;
    },
    exhausted: (bytes: number) => new Error(`no room for ${bytes}`),
  };
  return { pool: new Pool(source, commands as unknown as Commands, bound), alive, told, commands };
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

  test("is given in parts of one buffer, which is free when the last of them is", () => {
    const { pool: one, alive } = pool();
    const whole = one.takeParts([4, 1000, 256]);
    const parts = whole.division?.parts ?? [];
    expect(parts.map(({ offset, size }) => [offset, size])).toEqual([
      [0, 256],
      [256, 1024],
      [1280, 256],
    ]);
    for (const part of parts.slice(1)) one.give(part);
    expect(one.bytesInUse).toBe(1536);
    const other = one.takeParts([4, 1000, 256]);
    expect(other).not.toBe(whole);
    one.give(parts[0] as Slot);
    expect(one.bytesInUse).toBe(1536);
    // What is bound once need not be bound again.
    const again = one.takeParts([8, 999, 1]);
    expect(again).toBe(whole);
    expect(again.division?.parts).toEqual(parts);
    expect(alive.size).toBe(2);
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
    expect(told.submitted).toBe(1);
    expect(alive).not.toContain(large.buffer);
    expect(alive).toContain(small.buffer);
    expect(() => one.take(4096)).toThrow("no room for 4096");
    expect(one.bytesInUse).toBe(1536);
  });

  test("that the device does not have is asked for again once free buffers are gone", () => {
    const { pool: one, alive } = pool(undefined, 4096);
    one.give(one.take(3072));
    one.take(2048);
    expect(alive.size).toBe(1);
    expect(() => one.take(3072)).toThrow("no room for 3072");
  });

  test("of what outlives a step is kept apart, so that whatever a step gives back is there for the next", () => {
    const { pool: one } = pool();
    let weights = [one.take(1000), one.take(1000)];
    const step = () => {
      const passing = [1000, 5000, 1000, 1000].map((bytes) => one.take(bytes));
      for (const slot of [2, 0, 3, 1].map((at) => passing[at] as Slot)) one.give(slot);
      one.beat();
      weights = weights.map((old) => {
        const moved = one.take(1000);
        one.give(old);
        return moved;
      });
      return passing.map(({ id }) => id).join();
    };
    for (let at = 0; at < 5; at++) step();
    const [first, held] = [weights, one.bytesInUse + one.bytesFree];
    const passing = step();
    const second = weights;
    expect(second).not.toEqual(first);
    for (let at = 0; at < 10; at++) expect(step()).toBe(passing);
    expect(weights).toEqual(second);
    expect(one.bytesInUse + one.bytesFree).toBe(held);
  });

  test("that no step asks for any more goes back to the device", () => {
    const { pool: one, alive } = pool();
    const lasting = one.take(1000);
    for (const slot of [5000, 7000].map((bytes) => one.take(bytes))) one.give(slot);
    for (let at = 0; at < 100; at++) {
      one.give(one.take(5000));
      one.beat();
    }
    one.give(lasting);
    expect(alive.size).toBe(2);
    for (let at = 0; at < 100; at++) one.beat();
    expect(alive.size).toBe(0);
    expect(one.bytesFree).toBe(0);
  });
});
