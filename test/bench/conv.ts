/**
 * Measures convolutions and their gradients on the wasm engine, in GFLOP/s (medians).
 *
 * Run with `npx tsx test/bench/conv.ts`, on an idle machine; `--all` adds more shapes of residual networks.
 */
import * as tf from "@tensorflow/tfjs";
import { startWasm } from "../../plugins/engines/wasm/index.js";

interface Shape {
  readonly x: [number, number, number, number];
  readonly filter: [number, number, number, number];
  readonly stride: number;
  readonly pad: number;
}

const one: Shape = { x: [8, 56, 56, 64], filter: [3, 3, 64, 64], stride: 1, pad: 1 };
const others: readonly Shape[] = [
  { x: [32, 112, 112, 3], filter: [7, 7, 3, 64], stride: 2, pad: 3 },
  { x: [32, 28, 28, 64], filter: [3, 3, 64, 32], stride: 1, pad: 1 },
  { x: [32, 28, 28, 32], filter: [3, 3, 32, 32], stride: 1, pad: 1 },
  { x: [32, 28, 28, 32], filter: [3, 3, 32, 64], stride: 2, pad: 1 },
  { x: [32, 14, 14, 64], filter: [3, 3, 64, 64], stride: 1, pad: 1 },
  { x: [32, 7, 7, 128], filter: [3, 3, 128, 128], stride: 1, pad: 1 },
  { x: [32, 7, 7, 128], filter: [3, 3, 128, 256], stride: 2, pad: 1 },
  { x: [32, 4, 4, 256], filter: [3, 3, 256, 256], stride: 1, pad: 1 },
  { x: [32, 2, 2, 512], filter: [3, 3, 512, 512], stride: 1, pad: 1 },
  { x: [8, 56, 56, 64], filter: [1, 1, 64, 256], stride: 1, pad: 0 },
  { x: [8, 56, 56, 256], filter: [1, 1, 256, 64], stride: 1, pad: 0 },
  { x: [8, 56, 56, 256], filter: [1, 1, 256, 512], stride: 2, pad: 0 },
];

function median(run: () => tf.Tensor, repeats: number): number {
  const times = Array.from({ length: repeats + 1 }, () => {
    const begin = performance.now();
    run().dispose();
    return performance.now() - begin;
  });
  // The first run compiles.
  return times.slice(1).sort((a, b) => a - b)[repeats >> 1] as number;
}

await startWasm();
console.log("x | filter | stride | forward | input gradient | filter gradient (GFLOP/s, median of 5)");
for (const { x: xShape, filter: filterShape, stride, pad } of process.argv.includes("--all")
  ? [one, ...others]
  : [one]) {
  const x = tf.randomUniform<tf.Rank.R4>(xShape, -1, 1, "float32", 1);
  const filter = tf.randomUniform<tf.Rank.R4>(filterShape, -1, 1, "float32", 2);
  const dy = tf.tidy(() => tf.conv2d(x, filter, stride, pad));
  const attributes = { strides: [stride, stride], pad, dataFormat: "NHWC", dimRoundingMode: undefined };
  const kernel = (name: string, inputs: tf.NamedTensorMap, more: object) => () =>
    tf.engine().runKernel(name, inputs, { ...attributes, ...more } as unknown as tf.NamedAttrMap) as tf.Tensor;
  const operations = 2 * dy.size * filterShape[0] * filterShape[1] * filterShape[2];
  const speed = (run: () => tf.Tensor) => (operations / median(run, 5) / 1e6).toFixed(1);
  const forward = speed(() => {
    // A fresh filter, as after an optimiser's step: the engine packs it anew.
    const copy = tf.add(filter, 0) as tf.Tensor4D;
    const y = tf.conv2d(x, copy, stride, pad);
    copy.dispose();
    return y;
  });
  const input = speed(kernel("Conv2DBackpropInput", { dy, filter }, { inputShape: xShape }));
  const weights = speed(kernel("Conv2DBackpropFilter", { x, dy }, { filterShape }));
  console.log([xShape, filterShape, stride, forward, input, weights].join(" | "));
  tf.dispose([x, filter, dy]);
}
