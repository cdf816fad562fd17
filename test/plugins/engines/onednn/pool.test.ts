import { describe, expect, test } from "vitest";
import { BufferPool, sizeClass } from "../../../../plugins/engines/onednn/pool.js";

function createPool() {
  const released: number[] = [];
  let allocations = 0;
  const pool = new BufferPool({
    allocate: (bytes) => {
      allocations++;
      return new ArrayBuffer(bytes);
    },
    release: (buffer) => released.push(buffer.byteLength),
  });
  return { pool, released, allocations: () => allocations };
}

const mega = 1 << 20;

describe("the buffer pool", () => {
  test("sizes grow in steps that waste at most an eighth", () => {
    for (let bytes = 1; bytes < 3_000_000; bytes = Math.ceil(bytes * 1.07)) {
      const size = sizeClass(bytes);
      expect(size).toBeGreaterThanOrEqual(bytes);
      expect(size % 64).toBe(0);
      expect(sizeClass(size)).toBe(size);
      if (bytes > 512) expect(size).toBeLessThanOrEqual(bytes * 1.126 + 64);
    }
  });

  test("hands a returned buffer out again", () => {
    const { pool, allocations } = createPool();
    const first = pool.take(1000);
    pool.give(first);
    expect(pool.take(1000)).toBe(first);
    expect(allocations()).toBe(1);
  });

  test("a training step's worth of buffers is allocated once", () => {
    const { pool, allocations } = createPool();
    const sizes = [10, 20, 5, 40, 20].map((megabytes) => megabytes * mega);
    for (let step = 0; step < 5; step++) {
      const buffers = sizes.map((size) => pool.take(size));
      for (const buffer of buffers) pool.give(buffer);
    }
    expect(allocations()).toBe(sizes.length);
  });

  test("idle memory stays bounded when sizes change", () => {
    const { pool } = createPool();
    for (let megabytes = 20; megabytes < 340; megabytes += 8) {
      pool.give(pool.take(megabytes * mega));
      expect(pool.bytesIdle).toBeLessThanOrEqual(sizeClass(megabytes * mega) + 224 * mega);
    }
  });

  test("a step whose sizes take turns has its buffers from the step before", () => {
    const { pool, allocations } = createPool();
    const phases = [50, 21, 9, 4].map((megabytes) => Array.from({ length: 4 }, () => megabytes * mega));
    const step = () => {
      for (const sizes of phases) for (const buffer of sizes.map((size) => pool.take(size))) pool.give(buffer);
    };
    step();
    const first = allocations();
    for (let steps = 0; steps < 5; steps++) step();
    expect(allocations()).toBe(first);
  });

  test("of more than may be kept the largest goes back to the system, and small buffers stay", () => {
    const { pool, released } = createPool();
    const small = Array.from({ length: 100 }, () => pool.take(mega));
    for (const buffer of small) pool.give(buffer);
    for (let megabytes = 100; megabytes < 400; megabytes += 60) pool.give(pool.take(megabytes * mega));
    expect(released.length).toBeGreaterThan(0);
    expect(Math.min(...released)).toBeGreaterThan(mega);
  });

  test("gives back what a phase that is over needed", () => {
    const { pool } = createPool();
    const evaluation = Array.from({ length: 8 }, () => pool.take(50 * mega));
    for (const buffer of evaluation) pool.give(buffer);
    expect(pool.bytesIdle).toBeGreaterThanOrEqual(400 * mega);
    for (let request = 0; request < 60_000; request++) pool.give(pool.take(mega));
    expect(pool.bytesIdle).toBeLessThanOrEqual(66 * mega);
  });

  test("keeps what every step needs", () => {
    const { pool, allocations } = createPool();
    const step = () => {
      const buffers = Array.from({ length: 10 }, () => pool.take(20 * mega));
      for (const buffer of buffers) pool.give(buffer);
    };
    step();
    const first = allocations();
    for (let steps = 0; steps < 5000; steps++) step();
    expect(allocations()).toBe(first);
  });

  test("gives idle buffers back first where the system has little memory left", () => {
    const released: number[] = [];
    let available = 8 * 2 ** 30;
    const pool = new BufferPool({
      allocate: (bytes) => new ArrayBuffer(bytes),
      release: (buffer) => released.push(buffer.byteLength),
      available: () => available,
    });
    pool.give(pool.take(10 * mega));
    pool.give(pool.take(40 * mega));
    expect(released).toEqual([]);
    available = 100 * mega;
    pool.take(80 * mega);
    expect(released.length).toBe(2);
    expect(pool.bytesIdle).toBe(0);
  });

  test("trims, and tries again, when the system has no memory left", () => {
    let refuse = false;
    const released: ArrayBuffer[] = [];
    const pool = new BufferPool({
      allocate: (bytes) => {
        if (refuse && released.length === 0) throw new Error("out of memory");
        return new ArrayBuffer(bytes);
      },
      release: (buffer) => released.push(buffer),
    });
    pool.give(pool.take(1000));
    refuse = true;
    expect(pool.take(100_000).byteLength).toBeGreaterThanOrEqual(100_000);
    expect(released.length).toBe(1);
  });

  test("knows its own buffers", () => {
    const { pool } = createPool();
    expect(pool.owns(pool.take(64))).toBe(true);
    expect(pool.owns(new ArrayBuffer(64))).toBe(false);
  });
});
