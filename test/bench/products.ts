/**
 * Measures matrix products and 1×1 convolutions, as products, on the onednn engine: GFLOP/s (best of several) and the
 * share of the best rate that its convolutions reach here.
 *
 * Run with `npx tsx test/bench/products.ts [repeats]`, on an idle machine.
 */
import * as tf from "@tensorflow/tfjs";
import { startOnednn } from "../../plugins/engines/onednn/index.js";
import { bestRate } from "./peak.js";

type Product = readonly [batch: number, m: number, k: number, n: number];

/** What linear layers and attention of vision transformers multiply, and what 1×1 convolutions of ResNet-50 do. */
const products: readonly Product[] = [
  [1, 1024, 1024, 1024],
  [1, 3152, 192, 768],
  [1, 3152, 768, 192],
  [48, 197, 64, 197],
  [48, 197, 197, 64],
  [1, 16 * 32 * 32, 64, 256],
  [1, 16 * 32 * 32, 256, 64],
  [1, 16 * 16 * 16, 128, 512],
  [1, 16 * 8 * 8, 1024, 256],
  [1, 16 * 4 * 4, 512, 2048],
  [1, 16, 512, 200],
];

const repeats = Number(process.argv[2] ?? 15);

/** Operations in a second of op(a) op(b). */
function rate([batch, m, k, n]: Product, transposeA: boolean, transposeB: boolean): number {
  return tf.tidy(() => {
    const a = tf.randomUniform(transposeA ? [batch, k, m] : [batch, m, k], -1, 1, "float32", 1);
    const b = tf.randomUniform(transposeB ? [batch, n, k] : [batch, k, n], -1, 1, "float32", 2);
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < repeats; run++) {
      const begin = performance.now();
      tf.matMul(a, b, transposeA, transposeB).dispose();
      least = Math.min(least, performance.now() - begin);
    }
    return (2 * batch * m * k * n) / (least / 1000);
  });
}

await startOnednn();
const peak = bestRate(repeats);
console.log(`convolutions reach ${(peak / 1e9).toFixed(0)} GFLOP/s`);
console.log("batch × m × k × n | product | gradient of the first | gradient of the second (GFLOP/s, share)");
for (const [batch, m, k, n] of products) {
  const rates = [
    rate([batch, m, k, n], false, false),
    rate([batch, m, n, k], false, true),
    rate([batch, k, m, n], true, false),
  ];
  const cells = rates.map((each) => `${(each / 1e9).toFixed(0)}, ${((100 * each) / peak).toFixed(0)}%`);
  console.log([[batch, m, k, n].join("×"), ...cells].join(" | "));
}
