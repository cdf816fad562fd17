/** Matrix products, batched and transposed, with an optional bias and activation. */
import * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.js";
import { type Call, floatKernel, input, type NamedKernel } from "../kernel.js";
import { activate, isActivation } from "./activation.js";

export function matMulKernels(addon: Addon): NamedKernel[] {
  return [
    floatKernel("BatchMatMul", (call) => multiply(addon, call), hasPlainBatches),
    floatKernel(
      "_FusedMatMul",
      (call) => fused(addon, call),
      (call) => hasPlainBatches(call) && isActivation(call.attrs.activation),
    ),
  ];
}

/** Batches alike, or one of them of a single matrix; other broadcasts are rare. */
function hasPlainBatches(call: Call): boolean {
  const [a, b] = [batchOf(input(call, "a")), batchOf(input(call, "b"))];
  return tf.util.sizeFromShape(a) === 1 || tf.util.sizeFromShape(b) === 1 || tf.util.arraysEqual(a, b);
}

function batchOf({ shape }: tf.TensorInfo): number[] {
  return shape.slice(0, -2);
}

function multiply(addon: Addon, call: Call): tf.TensorInfo {
  const [a, b] = [input(call, "a"), input(call, "b")];
  const { transposeA = false, transposeB = false } = call.attrs as { transposeA?: boolean; transposeB?: boolean };
  const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
  const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [kOfB, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (k !== kOfB) throw new Error(`inner sizes ${k} and ${kOfB} differ`);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchOf(a), batchOf(b));
  const y = call.backend.output([...batch, m, n], "float32");
  const [batchA, batchB] = [tf.util.sizeFromShape(batchOf(a)), tf.util.sizeFromShape(batchOf(b))];
  const sizes = Int32Array.of(batchA, batchB, m, n, k, Number(transposeA), Number(transposeB));
  addon.matMul(call.backend.values(a), call.backend.values(b), call.backend.values(y), sizes);
  return y;
}

function fused(addon: Addon, call: Call): tf.TensorInfo {
  const { backend } = call;
  const { bias } = call.inputs;
  let y = multiply(addon, call);
  if (bias != null) {
    const product = y;
    y = backend.output(product.shape, "float32");
    const shapes = [product, bias].map(({ shape }) => Int32Array.from(shape)) as [Int32Array, Int32Array];
    const operands = [product, bias, y].map((info) => backend.values(info)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    addon.binary(addon.binaryOps.Add as number, ...operands, ...shapes);
    backend.disposeIntermediateTensorInfo(product);
  }
  return activate(addon, call, y, call.attrs.activation);
}
