/**
 * Measures 3×3 convolutions on the onednn engine, oneDNN's direct way against Winograd's: the direct way's operations
 * (10⁹) per second of processor time, which other programs disturb less than elapsed time does; best of several, turn by
 * turn, with the greatest difference of the results relative to the greatest value.
 *
 * Run with `npx tsx test/bench/winograd.ts [n,h,w,c,k …]`.
 */
import { type Addon, loadAddon } from "../../plugins/engines/onednn/addon.js";

const kinds = ["forward", "input gradient", "filter gradient"] as const;
const winograd = 32;
/** n, h, w, c, k of ResNet-18 at 16×128², ResNet-50 at 4×448² and VGG-16 at 4×224². */
const usual = [
  [16, 32, 32, 64, 64],
  [16, 16, 16, 128, 128],
  [16, 8, 8, 256, 256],
  [16, 4, 4, 512, 512],
  [4, 112, 112, 64, 64],
  [4, 56, 56, 128, 128],
  [4, 28, 28, 256, 256],
  [4, 14, 14, 512, 512],
  [4, 224, 224, 64, 64],
  [4, 112, 112, 64, 128],
  [4, 112, 112, 128, 128],
  [4, 56, 56, 256, 256],
  [4, 28, 28, 512, 512],
];

const rounds = Number(process.env.ROUNDS ?? 5);
const blocked = process.env.LAYOUT === "plain" ? 0 : 1;
const named = process.argv.slice(2).map((text) => text.split(",").map(Number));
const addon: Addon = loadAddon();

function values(count: number, seed: number): Float32Array {
  const made = new Float32Array(addon.allocate(count * 4), 0, count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    made[i] = state / 2 ** 31 - 1;
  }
  return made;
}

function difference(a: Float32Array, b: Float32Array): number {
  let most = 0;
  let greatest = 0;
  a.forEach((value, i) => {
    most = Math.max(most, Math.abs(value - (b[i] as number)));
    greatest = Math.max(greatest, Math.abs(value));
  });
  return most / greatest;
}

function measure(sizes: number[], kind: number): string {
  const [n = 1, h = 1, w = 1, c = 8, k = 8] = sizes;
  const shape = Int32Array.of(n, h, w, c, k, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, h, w, 1, kind, 0, 0, blocked, blocked);
  const operands = [n * h * w * c, 9 * c * k, n * h * w * k].map((count, i) => values(count, i + 1));
  const written = kind === 0 ? 2 : kind === 1 ? 0 : 1;
  const ways = [0, winograd].map((choice) => ({
    plan: addon.convPlan(shape, choice, false),
    operands: operands.map((array, i) => (i === written ? values(array.length, 9) : array)),
    best: Number.POSITIVE_INFINITY,
  }));
  for (let round = 0; round <= rounds; round++)
    for (const way of ways) {
      const [x, filter, y] = way.operands as [Float32Array, Float32Array, Float32Array];
      const begin = process.cpuUsage();
      addon.convRun(way.plan, x, filter, y, null, null);
      const { user, system } = process.cpuUsage(begin);
      if (round > 0) way.best = Math.min(way.best, (user + system) / 1e3);
    }
  const results = ways.map((way) => way.operands[written] as Float32Array) as [Float32Array, Float32Array];
  const [direct, fast] = ways.map(({ best }) => (2 * n * h * w * 9 * c * k) / best / 1e6) as [number, number];
  return `${direct.toFixed(0)} -> ${fast.toFixed(0)} (×${(fast / direct).toFixed(2)}, ${difference(...results).toExponential(1)})`;
}

console.log(`n,h,w,c,k | ${kinds.join(" | ")}`);
for (const sizes of named.length > 0 ? named : usual)
  console.log([sizes.join(), ...kinds.map((_, kind) => measure(sizes, kind))].join(" | "));
