import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { selfAttention } from "../../../../core/ops/index.js";
import { loadAddon } from "../../../../plugins/engines/onednn/addon.js";
import { startOnednn } from "../../../../plugins/engines/onednn/index.js";
import { defined, expectSameOfThreads, inputs, type Sizes, sizes } from "./attention.js";
import { available, expectSame } from "./both.js";

/** What the addon makes of the same, and the memory that it took. */
function native(packed: Float32Array, dy: Float32Array, { batch, tokens, heads, ofHead }: Sizes) {
  const sizes = [batch, tokens, heads * ofHead, heads] as const;
  // What stands there must not matter.
  const [y, dPacked] = [new Float32Array(dy.length).fill(7), new Float32Array(packed.length).fill(7)];
  const forward = loadAddon().selfAttention(packed, y, ...sizes);
  const backward = loadAddon().selfAttentionGrad(dy, packed, dPacked, ...sizes);
  return { y, dPacked, forward, backward };
}

function farthest(values: Float32Array, wanted: Float64Array): number {
  const most = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return values.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (wanted[i] as number))), 0) / most;
}

describe.skipIf(!available)("attention on onednn", () => {
  beforeAll(() => startOnednn());

  test.each([
    ...[sizes(1, 1, 1, 1), sizes(3, 2, 2, 5), sizes(2, 7, 3, 4), sizes(1, 16, 1, 16), sizes(2, 33, 1, 32)],
    ...[sizes(1, 197, 2, 64), sizes(1, 198, 2, 48), sizes(1, 197, 1, 80), sizes(1, 49, 2, 400)],
    ...[sizes(1, 577, 1, 64), sizes(1, 578, 2, 8), sizes(2, 199, 5, 8)],
  ])("is what double precision makes of %j, with its gradient", (shape) => {
    const [packed, dy] = inputs(shape);
    const wanted = defined(packed, dy, shape);
    const found = native(packed, dy, shape);
    expect(farthest(found.y, wanted.y)).toBeLessThan(2e-6);
    expect(farthest(found.dPacked, wanted.dPacked)).toBeLessThan(5e-6);
  });

  test("is the same bytes with any number of threads, where heads are many and where their queries are cut", () => {
    expectSameOfThreads((shape) => {
      const { y, dPacked } = native(...inputs(shape), shape);
      return [y, dPacked];
    });
  });

  test("keeps large logits apart, and leaves no number where there was none", async () => {
    const shape = sizes(2, 21, 2, 8);
    const both = (packed: Float32Array) => () => {
      const x = tf.tensor3d(packed, [2, 21, 3 * 16]);
      return Object.values(tf.valueAndGrad((x) => selfAttention(x as tf.Tensor3D, 2).sum())(x));
    };
    const [packed] = inputs(shape, 40);
    // Of logits beyond a thousand, single precision keeps four digits behind the point, and so of their exponentials.
    await expectSame(both(packed), 1e-3);
    // A query, a key and a value, each in another head or image.
    for (const [at, value] of [
      ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => [3 * 48 + 1, value] as const),
      ...[[20 * 48 + 16 + 9, Number.NaN] as const, [(21 + 5) * 48 + 16 + 2, Number.NEGATIVE_INFINITY] as const],
      ...[[(21 + 20) * 48 + 32 + 15, Number.NaN] as const, [32 + 3, Number.POSITIVE_INFINITY] as const],
    ]) {
      const [spoilt] = inputs(shape);
      spoilt[at] = value;
      await expectSame(both(spoilt));
    }
  });

  test("takes memory in proportion to the tokens, and less than twice the logits of a group of heads", () => {
    const addon = loadAddon();
    const before = addon.describe().threads;
    // DeiT-B at 384 px: of its twelve heads, all are one group.
    const shape = sizes(1, 577, 12, 64);
    addon.setThreads(4);
    const { forward, backward } = native(...inputs(shape), shape);
    expect(forward).toBeGreaterThan(0);
    expect(Math.max(forward, backward)).toBeLessThan(2 * 4 * shape.heads * shape.tokens ** 2);
    // Keys and values, each as rows and as columns, their gradients, and 48 queries of two maps: in all for one thread…
    const floats = (tokens: number) => (5 * 64 + 2 * 48) * tokens;
    expect(backward).toBeLessThan(1.15 * 4 * 4 * floats(shape.tokens));
    // … and so for twice as many tokens twice as much.
    const longer = { ...shape, tokens: 2 * shape.tokens };
    expect(native(...inputs(longer), longer).backward).toBeLessThan(2.05 * backward);
    addon.setThreads(before);
  });
});
