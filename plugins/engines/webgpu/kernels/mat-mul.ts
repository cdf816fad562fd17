/** Matrix products, batched and transposed, with an optional bias and activation. */
import * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, input } from "../kernel.js";
import { type Activation, isActivation } from "./products/finish.js";
import type { Product } from "./products/product.js";
import { runProduct } from "./products/run.js";
import { matrixSide } from "./products/side.js";

export const matMulKernels = [
  floatKernel("BatchMatMul", multiply, hasPlainBatches),
  floatKernel("_FusedMatMul", multiply, (call) => hasPlainBatches(call) && isFusable(call)),
];

/** Batches alike, one a single matrix, or one that the other ends in: what tfjs computes by a remainder. */
function hasPlainBatches(call: Call): boolean {
  const [longer, shorter] = [batchOf(input(call, "a")), batchOf(input(call, "b"))].sort((a, b) => b.length - a.length);
  const [more, fewer] = [longer as number[], shorter as number[]];
  if (tf.util.sizeFromShape(more) > 65_535) return false;
  if (tf.util.sizeFromShape(fewer) === 1 || tf.util.sizeFromShape(more) === 1) return true;
  return tf.util.arraysEqual(more.slice(more.length - fewer.length), fewer);
}

/** Whether the activation is one of ours, and the bias is a value for each column. */
function isFusable(call: Call): boolean {
  const { bias } = call.inputs;
  const columns = input(call, "b").shape.at(call.attrs.transposeB ? -2 : -1);
  const fits = bias == null || (bias.shape.at(-1) === columns && tf.util.sizeFromShape(bias.shape) === columns);
  return fits && isActivation(call.attrs.activation ?? "linear");
}

function batchOf({ shape }: tf.TensorInfo): number[] {
  return shape.slice(0, -2);
}

function multiply(call: Call): tf.TensorInfo {
  const { backend, attrs } = call;
  const [a, b, bias] = [input(call, "a"), input(call, "b"), call.inputs.bias ?? undefined];
  const { transposeA = false, transposeB = false } = attrs as { transposeA?: boolean; transposeB?: boolean };
  const { activation, leakyreluAlpha: alpha } = attrs as { activation?: Activation; leakyreluAlpha?: number };
  const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
  const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [kOfB, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (k !== kOfB) throw new Error(`inner sizes ${k} and ${kOfB} differ`);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchOf(a), batchOf(b));
  const [batchA, batchB] = [tf.util.sizeFromShape(batchOf(a)), tf.util.sizeFromShape(batchOf(b))];
  const y = backend.allocate([...batch, m, n]);
  const describe = (): Product => ({
    // A single matrix B, and A as it lies, is one matrix of all rows.
    ...(batchB === 1 && !transposeA ? { rows: batchA * m, batch: 1 } : { rows: m, batch: Math.max(batchA, batchB) }),
    columns: n,
    depth: k,
    a: matrixSide(
      batchB === 1 && !transposeA ? "0u" : first(batchA, m * k),
      transposeA ? { outer: 1, depth: m } : { outer: k, depth: 1 },
    ),
    b: matrixSide(first(batchB, n * k), transposeB ? { outer: k, depth: 1 } : { outer: 1, depth: n }),
    finish: { bias: bias !== undefined, activation: activation ?? "linear", alpha: alpha ?? 0 },
  });
  const key = `matmul ${batchA} ${batchB} ${m} ${n} ${k} ${transposeA} ${transposeB} ${bias !== undefined} ${activation} ${alpha}`;
  runProduct(backend, key, describe, { a, b, bias, y });
  return y;
}

/** Where the matrix of a batch starts. Of a shorter batch the matrices are used again and again. */
function first(batch: number, size: number): string {
  return batch === 1 ? "0u" : `(batch % ${batch}u) * ${size}u`;
}
