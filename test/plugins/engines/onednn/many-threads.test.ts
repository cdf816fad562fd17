import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Addon, loadAddon } from "../../../../plugins/engines/onednn/addon.js";
import { hasOnednn } from "../../../support/engines.js";

/** What a product of training is: rows, columns and depth, and whether its left side is turned, as for gradients of filters. */
type Sizes = readonly [m: number, n: number, k: number, turned: 0 | 1];

/** Of ResNet-50's 1×1 convolutions, 16 images of 128 px and 4 of 448 px, and of DeiT-Tiny's layers, 16 images of 224 px. */
const products: readonly Sizes[] = [
  [16 * 32 * 32, 256, 64, 0],
  [16 * 16 * 16, 128, 512, 0],
  [16 * 8 * 8, 256, 1024, 0],
  [16 * 4 * 4, 512, 2048, 0],
  [4 * 112 * 112, 256, 64, 0],
  [4 * 14 * 14, 2048, 512, 0],
  [64, 256, 16 * 32 * 32, 1],
  [256, 1024, 16 * 8 * 8, 1],
  [512, 2048, 16 * 4 * 4, 1],
  [64, 256, 4 * 112 * 112, 1],
  [16 * 197, 768, 192, 0],
  [192, 768, 16 * 197, 1],
];

function sizesOf([m, n, k, turned]: Sizes): Int32Array {
  return Int32Array.of(1, 1, m, n, k, turned, 0, 0);
}

/** What so many threads would do, each taking the next piece when it has done one: the share of their time that they work. */
function busyShare(pieces: readonly number[], threads: number): number {
  const done = new Array<number>(threads).fill(0);
  for (const work of pieces) done[done.indexOf(Math.min(...done))] = Math.min(...done) + work;
  return pieces.reduce((sum, work) => sum + work, 0) / (threads * Math.max(...done));
}

function values(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7) + (i % 13) / 7);
}

/** The product, computed by so many threads. */
function product(addon: Addon, threads: number, sizes: Sizes): Float32Array {
  const [m, n, k] = sizes;
  const usual = addon.describe().threads;
  const y = new Float32Array(m * n);
  addon.setThreads(threads);
  try {
    addon.matMul(values(m * k), values(k * n), y, sizesOf(sizes), null);
  } finally {
    addon.setThreads(usual);
  }
  return y;
}

describe.skipIf(!hasOnednn)("many threads", () => {
  test.each([32, 64])("have like parts of a training step's products: %i", (threads) => {
    const addon = loadAddon();
    for (const sizes of products) {
      const pieces = addon.matMulPieces(sizesOf(sizes), threads);
      const [m, n, k] = sizes;
      expect(pieces.reduce((sum, work) => sum + work, 0)).toBe(m * n * k);
      expect(busyShare(pieces, threads), `${sizes}`).toBeGreaterThan(0.5);
    }
  });

  test("leave the pieces of few threads as they are", () => {
    const addon = loadAddon();
    for (const sizes of products)
      expect(addon.matMulPieces(sizesOf(sizes), 8)).toEqual(addon.matMulPieces(sizesOf(sizes), 1));
  });

  test.each<Sizes>([
    [384, 256, 256, 0],
    [192, 256, 512, 1],
  ])("compute the same bytes as one, in more pieces: %i × %i, depth %i", { timeout: 120_000 }, (...sizes) => {
    const addon = loadAddon();
    const count = (threads: number) => addon.matMulPieces(sizesOf(sizes), threads).length;
    expect(count(20)).toBeGreaterThan(count(1));
    expect(product(addon, 20, sizes)).toEqual(product(addon, 1, sizes));
  });

  test("meet a lock nowhere but where memory is taken from the system, and given back", () => {
    const native = fileURLToPath(new URL("../../../../plugins/engines/onednn/native/", import.meta.url));
    const files = readdirSync(native, { recursive: true, encoding: "utf8" }).filter((file) => /\.(cc|h)$/.test(file));
    const locking = files.filter((file) =>
      /\bmutex|omp critical|omp ordered/.test(readFileSync(native + file, "utf8")),
    );
    expect(locking).toEqual(["addon.cc"]);
  });
});
