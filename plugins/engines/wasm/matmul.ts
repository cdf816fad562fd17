/** `BatchMatMul` and `_FusedMatMul`, fast also for transposed and batched operands. */
import * as tf from "@tensorflow/tfjs";
import { runOnCpu } from "./fallback.js";
import {
  addressOf,
  floatsOf,
  type KernelCall,
  type Results,
  runKernel,
  sizeOf,
  type WasmBackend,
  withScratch,
} from "./heap.js";
import { transposeMatrix, withRightMatrix } from "./heap-matrices.js";

/**
 * tfjs' own is 20 times slower when a side is transposed or there is a batch, and wrong when one tensor's data serves as
 * the right-hand side in two shapes, because it caches the packed matrix under the data's id alone.
 */
export function batchMatMul(call: KernelCall<tf.BatchMatMulInputs, tf.BatchMatMulAttrs>): Results {
  const { inputs, attrs, backend } = call;
  const a = inputs.a as tf.TensorInfo;
  const b = inputs.b as tf.TensorInfo;
  if (a.dtype !== "float32" || b.dtype !== "float32") return runOnCpu(tf.BatchMatMul, call);
  return multiply(backend, a, b, attrs.transposeA, attrs.transposeB);
}

function multiply(
  backend: WasmBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
): tf.TensorInfo {
  tf.util.assert(Math.min(a.shape.length, b.shape.length) >= 2, () => "matMul: both sides must be matrices.");
  const left = matricesOf(a, transposeA);
  const right = matricesOf(b, transposeB);
  tf.util.assert(left.columns === right.rows, () => `matMul: inner sizes ${left.columns} and ${right.rows} differ.`);
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const out = backend.makeOutput([...outer, left.rows, right.columns], "float32");
  if (sizeOf(out.shape) === 0) return out;
  if (left.columns === 0) {
    floatsOf(backend, out).fill(0);
    return out;
  }
  // One right-hand side for all: the left ones are one tall matrix.
  const tall = right.count === 1 && !transposeA;
  const rows = tall ? left.rows * left.count : left.rows;
  const products = tall ? 1 : Math.max(left.count, right.count);
  const inner = left.columns;
  withScratch(backend, (transposeA ? rows : 0) * inner + (transposeB ? inner * right.columns : 0), (scratch) => {
    const rightScratch = scratch + (transposeA ? rows * inner * 4 : 0);
    for (let at = 0; at < products; at++) {
      let leftAt = addressOf(backend, a) + (at % left.count) * rows * inner * 4;
      let rightAt = addressOf(backend, b) + (at % right.count) * inner * right.columns * 4;
      if (transposeA) {
        transposeMatrix(backend, { address: leftAt, rows: inner, columns: rows }, scratch);
        leftAt = scratch;
      }
      if (transposeB) {
        transposeMatrix(backend, { address: rightAt, rows: right.columns, columns: inner }, rightScratch);
        rightAt = rightScratch;
      }
      const product = addressOf(backend, out) + at * rows * right.columns * 4;
      withRightMatrix(backend, { address: rightAt, rows: inner, columns: right.columns }, (run) =>
        run(leftAt, rows, product),
      );
    }
  });
  return out;
}

/** The extent of a batch of matrices, after transposition. */
function matricesOf({ shape }: tf.TensorInfo, transposed: boolean) {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const count = sizeOf(shape.slice(0, -2));
  return transposed ? { count, rows: columns, columns: rows } : { count, rows, columns };
}

/** The product, then bias and activation as kernels of their own: unlike tfjs', they let NaN through. */
export function fusedMatMul(call: KernelCall<tf._FusedMatMulInputs, tf._FusedMatMulAttrs>): Results {
  const { inputs, attrs, backend } = call;
  const { bias, preluActivationWeights } = inputs;
  const a = inputs.a as tf.TensorInfo;
  const b = inputs.b as tf.TensorInfo;
  if (a.dtype !== "float32" || b.dtype !== "float32") return runOnCpu(tf._FusedMatMul, call);
  let result = multiply(backend, a, b, attrs.transposeA, attrs.transposeB);
  const replace = (name: string, inputs: tf.NamedTensorInfoMap, attributes?: object) => {
    const previous = result;
    result = runKernel(backend, name, inputs, attributes);
    backend.disposeData(previous.dataId);
  };
  if (bias != null) replace(tf.Add, { a: result, b: bias });
  switch (attrs.activation) {
    case "linear":
      break;
    case "prelu":
      replace(tf.Prelu, { x: result, alpha: preluActivationWeights });
      break;
    case "leakyrelu":
      replace(tf.LeakyRelu, { x: result }, { alpha: attrs.leakyreluAlpha });
      break;
    default:
      replace(activationKernels[attrs.activation as keyof typeof activationKernels], { x: result });
  }
  return result;
}

const activationKernels = { relu: tf.Relu, relu6: tf.Relu6, elu: tf.Elu, sigmoid: tf.Sigmoid } as const;
