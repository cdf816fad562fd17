/**
 * Measures one training step of a small residual network on the wasm engine, and where its time goes.
 *
 * Basic blocks, one per stage, widths 32, 64, 128, 256, stem of 64 filters 7x7 stride 2, max pooling 3x3 stride 2,
 * batch 32 at 112x112, SGD with momentum. Run with `npx tsx test/bench/resnet-step.ts` on an idle machine.
 */
import * as tf from "@tensorflow/tfjs";
import { startWasm } from "../../plugins/engines/wasm/index.js";

const batch = 32;
const size = 112;
const classes = 100;

const spent = new Map<string, { calls: number; ms: number }>();

/** Wraps every registered kernel so that its own time is added up by name. */
function timeKernels(): void {
  let inner = 0;
  for (const { kernelName, backendName, kernelFunc, ...rest } of tf.getKernelsForBackend("wasm")) {
    tf.unregisterKernel(kernelName, backendName);
    const timed: tf.KernelFunc = (call) => {
      const outer = inner;
      inner = 0;
      const begin = performance.now();
      const result = kernelFunc(call);
      const ms = performance.now() - begin;
      const entry = spent.get(kernelName) ?? { calls: 0, ms: 0 };
      spent.set(kernelName, { calls: entry.calls + 1, ms: entry.ms + ms - inner });
      inner = outer + ms;
      return result;
    };
    tf.registerKernel({ kernelName, backendName, kernelFunc: timed, ...rest });
  }
}

const weights: tf.Variable[] = [];

function weight(shape: readonly number[], value?: number): tf.Variable {
  const fanIn = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const initial =
    value === undefined
      ? tf.randomNormal([...shape], 0, Math.sqrt(2 / fanIn), "float32", weights.length + 1)
      : tf.fill([...shape], value);
  const variable = tf.variable(initial);
  initial.dispose();
  weights.push(variable);
  return variable;
}

type Layer = (x: tf.Tensor4D) => tf.Tensor4D;

/** The convolution's operations, forward, of the whole batch; summed to know how long a step should take. */
let operations = 0;

function convolution(kernel: number, stride: number, from: number, to: number, needsInput = true): Layer {
  const filter = weight([kernel, kernel, from, to]) as tf.Variable<tf.Rank.R4>;
  return (x) => {
    const y = tf.conv2d(x, filter, stride, kernel >> 1);
    operations += 2 * y.size * kernel * kernel * from * (needsInput ? 3 : 2);
    return y;
  };
}

function batchNorm(channels: number, relu: boolean): Layer {
  const scale = weight([channels], 1);
  const offset = weight([channels], 0);
  const attributes = { epsilon: 1e-5, relu };
  const operation = tf.customGrad((...args) => {
    const [x, scale, offset, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const run = (name: string, inputs: tf.NamedTensorMap) =>
      tf.engine().runKernel(name, inputs, attributes) as unknown as [tf.Tensor, tf.Tensor, tf.Tensor];
    const [y, mean, variance] = run("FgkdBatchNormTraining", { x, scale, offset });
    save([x, scale, offset, mean, variance]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x, scale, offset, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      return run("FgkdBatchNormTrainingGrad", { dy, x, scale, offset, mean, variance });
    };
    return { value: y, gradFunc };
  });
  return (x) => operation(x, scale, offset) as tf.Tensor4D;
}

function block(from: number, to: number, stride: number): Layer {
  const main = [convolution(3, stride, from, to), batchNorm(to, true), convolution(3, 1, to, to), batchNorm(to, false)];
  const shortcut = from === to && stride === 1 ? [] : [convolution(1, stride, from, to), batchNorm(to, false)];
  const chain = (layers: readonly Layer[], x: tf.Tensor4D) => layers.reduce((value, layer) => layer(value), x);
  return (x) => chain(main, x).add<tf.Tensor4D>(chain(shortcut, x)).relu();
}

await startWasm();
const layers: Layer[] = [
  convolution(7, 2, 3, 64, false),
  batchNorm(64, true),
  (x) => tf.maxPool(x, 3, 2, 1),
  block(64, 32, 1),
  block(32, 64, 2),
  block(64, 128, 2),
  block(128, 256, 2),
];
const head = weight([256, classes]);
const bias = weight([classes], 0);
const images = tf.randomNormal<tf.Rank.R4>([batch, size, size, 3], 0, 1, "float32", 1);
const labels = tf
  .oneHot(
    tf.tensor1d(
      Array.from({ length: batch }, (_, at) => (at * 37) % classes),
      "int32",
    ),
    classes,
  )
  .cast("float32");
const optimizer = tf.train.momentum(0.01, 0.9);

function step(): number {
  operations = 0;
  const loss = optimizer.minimize(
    () => {
      const features = layers.reduce((value, layer) => layer(value), images).mean([1, 2]) as tf.Tensor2D;
      const logits = features.matMul(head as unknown as tf.Tensor2D).add(bias);
      return tf.logSoftmax(logits).mul(labels).sum(-1).neg().mean().asScalar();
    },
    true,
    weights,
  ) as tf.Scalar;
  const value = loss.dataSync()[0] as number;
  loss.dispose();
  return value;
}

/** What the engine's heap has grown to. */
function heapMegabytes(): number {
  // tfjs keeps its heap to itself.
  const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
  return Math.round(wasm.HEAPU8.length / 2 ** 20);
}

step();
const heapAtFirst = heapMegabytes();
const tensors = tf.memory().numTensors;
const times: number[] = [];
const losses: number[] = [];
for (let run = 0; run < 5; run++) {
  const begin = performance.now();
  losses.push(step());
  times.push(performance.now() - begin);
}
const median = [...times].sort((a, b) => a - b)[2] as number;
timeKernels();
const runs = 3;
for (let run = 0; run < runs; run++) losses.push(step());

console.log(`losses ${losses.map((value) => value.toFixed(3)).join(" ")}`);
console.log(`tensors that a step leaves behind: ${tf.memory().numTensors - tensors}`);
console.log(`heap: ${heapAtFirst} MiB after the first step, ${heapMegabytes()} MiB after the last`);
console.log(`${median.toFixed(0)} ms a step (median of 5)`);
console.log(`${(operations / 20e6).toFixed(0)} ms if its convolutions ran at 20 GFLOP/s and the rest took no time`);
console.log("kernel | ms a step | calls a step");
const rows = [...spent].sort(([, a], [, b]) => b.ms - a.ms).slice(0, 20);
for (const [name, { ms, calls }] of rows) console.log(`${name} | ${(ms / runs).toFixed(1)} | ${calls / runs}`);
