/** Attention by its definition, for what is computed otherwise, and what holds in floats and in bf16. */
import { expect } from "vitest";
import { loadAddon } from "../../../../plugins/engines/onednn/addon.js";
import { numbers } from "./both.js";

export interface Sizes {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  readonly ofHead: number;
}

/**
 * Value and gradient by their definitions in double precision, a query at a time. `kept` is what becomes of values between two
 * products: of the maps, and of the gradients of logits.
 */
export function defined(
  packed: Float32Array,
  dy: Float32Array,
  { batch, tokens, heads, ofHead: d }: Sizes,
  kept: (value: number) => number = (value) => value,
) {
  const channels = heads * d;
  const [y, dPacked] = [new Float64Array(dy.length), new Float64Array(packed.length)];
  for (let index = 0; index < batch * heads; index++) {
    const [image, head] = [Math.floor(index / heads), index % heads];
    const at = (token: number, part: number) => (image * tokens + token) * 3 * channels + part * channels + head * d;
    for (let query = 0; query < tokens; query++) {
      const [q, out] = [at(query, 0), (image * tokens + query) * channels + head * d];
      const map = Array.from({ length: tokens }, (_, key) => along(packed, q, packed, at(key, 1), d) / Math.sqrt(d));
      const top = map.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
      const sum = map.reduce((total, value) => total + Math.exp(value - top), 0);
      const slope = map.map((value, key) => {
        const weight = Math.exp(value - top) / sum;
        map[key] = weight;
        add(y, out, packed, at(key, 2), d, kept(weight));
        add(dPacked, at(key, 2), dy, out, d, kept(weight));
        return along(dy, out, packed, at(key, 2), d);
      });
      const mean = slope.reduce((total, value, key) => total + value * (map[key] as number), 0);
      slope.forEach((value, key) => {
        const ofLogit = kept((value - mean) * (map[key] as number)) / Math.sqrt(d);
        add(dPacked, q, packed, at(key, 1), d, ofLogit);
        add(dPacked, at(key, 1), packed, q, d, ofLogit);
      });
    }
  }
  return { y, dPacked };
}

function along(a: Float32Array, fromA: number, b: Float32Array, fromB: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (a[fromA + i] as number) * (b[fromB + i] as number);
  return sum;
}

function add(to: Float64Array, at: number, from: Float32Array, first: number, count: number, factor: number): void {
  for (let i = 0; i < count; i++) to[at + i] = (to[at + i] as number) + factor * (from[first + i] as number);
}

export function inputs({ batch, tokens, heads, ofHead }: Sizes, spread = 2) {
  const count = batch * tokens * heads * ofHead;
  return [numbers(3 * count, 1, -spread, spread), numbers(count, 2)] as const;
}

export const sizes = (batch: number, tokens: number, heads: number, ofHead: number): Sizes => ({
  ...{ batch, tokens, heads, ofHead },
});

/** The same bytes with any number of threads, where heads are many and where their queries are cut. */
export function expectSameOfThreads(made: (shape: Sizes) => readonly Float32Array[]): void {
  const addon = loadAddon();
  const before = addon.describe().threads;
  for (const shape of [sizes(5, 70, 2, 24), sizes(1, 577, 2, 16)]) {
    const withThreads = (threads: number) => {
      addon.setThreads(threads);
      return Buffer.concat(made(shape).map(({ buffer }) => Buffer.from(buffer)));
    };
    const one = withThreads(1);
    for (const threads of [2, 3, 8]) expect(withThreads(threads).equals(one)).toBe(true);
  }
  addon.setThreads(before);
}
