import { describe, expect, test } from "vitest";
import { type Addon, loadAddon } from "../../../../plugins/engines/onednn/addon.js";
import { available } from "./both.js";

/** Calls that a mistake in TypeScript could make; none may reach memory that is not there. */
const mistakes: Record<string, (addon: Addon) => unknown> = {
  "an array too short": (addon) => addon.unary(0, new Float32Array(4), new Float32Array(3), 0, 0),
  "an operation that is none": (addon) => addon.unary(999, new Float32Array(4), new Float32Array(4), 0, 0),
  "the wrong element type": (addon) => addon.unary(0, new Int32Array(4), new Float32Array(4), 0, 0),
  "no array at all": (addon) => addon.unary(0, undefined as never, new Float32Array(4), 0, 0),
  "a negative size": (addon) => addon.reduce(0, new Float32Array(4), new Float32Array(4), -1, -4, 1),
  "a reduction of nothing": (addon) => addon.reduce(2, new Float32Array(0), new Float32Array(4), 4, 0, 1),
  "shapes that do not broadcast": (addon) =>
    addon.binary(0, new Float32Array(3), new Float32Array(2), new Float32Array(6), Int32Array.of(3), Int32Array.of(2)),
  "a shape that the values do not have": (addon) =>
    addon.binary(0, new Float32Array(3), new Float32Array(3), new Float32Array(4), Int32Array.of(4), Int32Array.of(4)),
  "a permutation that is none": (addon) =>
    addon.transpose(new Float32Array(6), new Float32Array(6), Int32Array.of(2, 3), Int32Array.of(1, 1)),
  "a slice beyond the end": (addon) =>
    addon.slice(new Float32Array(4), new Float32Array(2), Int32Array.of(4), Int32Array.of(3), Int32Array.of(2)),
  "a place beyond the end": (addon) =>
    addon.insert(new Float32Array(2), new Float32Array(4), Int32Array.of(2), Int32Array.of(3), Int32Array.of(4)),
  "a plan that is none": (addon) =>
    addon.convRun({} as never, new Float32Array(1), new Float32Array(1), new Float32Array(1), null, null),
  "a convolution without pixels": (addon) => addon.convPlan(new Int32Array(21)),
  "a pool of nothing": (addon) => addon.pool(true, new Float32Array(1), new Float32Array(1), new Int32Array(14)),
  "a product whose sizes differ": (addon) =>
    addon.matMul(
      new Float32Array(6),
      new Float32Array(6),
      new Float32Array(4),
      Int32Array.of(1, 1, 2, 2, 4, 0, 0, 0),
      null,
    ),
  "a product whose bias is too short": (addon) =>
    addon.matMul(
      new Float32Array(6),
      new Float32Array(6),
      new Float32Array(4),
      Int32Array.of(1, 1, 2, 2, 3, 0, 0, 0),
      new Float32Array(1),
    ),
  "attention in heads that do not divide the channels": (addon) =>
    addon.selfAttention(new Float32Array(48), new Float32Array(16), 1, 4, 4, 3),
  "attention in no heads": (addon) => addon.selfAttention(new Float32Array(48), new Float32Array(16), 1, 4, 4, 0),
  "attention of no tokens": (addon) => addon.selfAttention(new Float32Array(0), new Float32Array(0), 1, 0, 4, 2),
  "attention of queries alone": (addon) => addon.selfAttention(new Float32Array(16), new Float32Array(16), 1, 4, 4, 2),
  "attention of tokens in bf16 that gives floats": (addon) =>
    addon.selfAttention(new Uint16Array(48), new Float32Array(16), 1, 4, 4, 2),
  "a gradient of attention whose slopes are floats where its tokens are not": (addon) =>
    addon.selfAttentionGrad(new Float32Array(16), new Uint16Array(48), new Uint16Array(48), 1, 4, 4, 2),
  "a gradient of attention that has no room": (addon) =>
    addon.selfAttentionGrad(new Float32Array(16), new Float32Array(48), new Float32Array(47), 1, 4, 4, 2),
  "a detached buffer": (addon) => {
    const x = new Float32Array(4);
    structuredClone(x.buffer, { transfer: [x.buffer] });
    addon.unary(0, x, new Float32Array(4), 0, 0);
  },
};

describe.skipIf(!available)("the native addon", () => {
  test.each(Object.entries(mistakes))("throws at %s", (_what, call) => {
    expect(() => call(loadAddon())).toThrow(Error);
  });

  test("gives memory back as it is released, not when the event loop turns", () => {
    const addon = loadAddon();
    const size = 32 << 20;
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 20; round++) {
      const buffer = addon.allocate(size);
      new Uint8Array(buffer).fill(1);
      addon.release(buffer);
      addon.release(buffer);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(5 * size);
  });

  test("refuses to allocate more than Node can hand out as one buffer", () => {
    expect(() => loadAddon().allocate(2 ** 33)).toThrow("4 GiB at most, 8589934592 bytes were asked for");
  });

  test("allocates memory on a cache line, and detaches it when it is released", () => {
    const buffer = loadAddon().allocate(1 << 20);
    expect(buffer.byteLength).toBe(1 << 20);
    new Uint8Array(buffer).fill(1);
    loadAddon().release(buffer);
    expect(buffer.byteLength).toBe(0);
  });
});
