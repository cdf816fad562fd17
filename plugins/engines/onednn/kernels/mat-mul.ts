/** Matrix products, batched and transposed, with an optional bias and activation. */
import * as tf from "@tensorflow/tfjs";
import type { Addon, Values } from "../addon.js";
import { asRoundedFloats, writeFloats } from "../bf16.js";
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

/** What native code does to a product as it writes it. */
interface Finish {
  readonly bias?: tf.TensorInfo;
  readonly activation?: unknown;
}

/** In native code's order. */
const fusedActivations: readonly unknown[] = ["linear", "relu", "relu6"];

function multiply(addon: Addon, call: Call, { bias, activation = "linear" }: Finish = {}): tf.TensorInfo {
  const { backend } = call;
  const [a, b] = [input(call, "a"), input(call, "b")];
  const { transposeA = false, transposeB = false } = call.attrs as { transposeA?: boolean; transposeB?: boolean };
  const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
  const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [kOfB, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (k !== kOfB) throw new Error(`inner sizes ${k} and ${kOfB} differ`);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchOf(a), batchOf(b));
  const isKept = isTokens(call, bias !== undefined);
  const y = isKept ? backend.bf16Output([...batch, m, n]) : backend.output([...batch, m, n], "float32");
  const [batchA, batchB] = [tf.util.sizeFromShape(batchOf(a)), tf.util.sizeFromShape(batchOf(b))];
  const turned = [Number(transposeA), Number(transposeB)];
  const sizes = Int32Array.of(batchA, batchB, m, n, k, ...turned, fusedActivations.indexOf(activation));
  const added = bias === undefined ? null : backend.values(bias);
  if (!backend.usesBf16) {
    addon.matMul(backend.values(a), backend.values(b), backend.values(y), sizes, added);
  } else if (hasUnits(addon)) {
    addon.matMulBf16(backend.stored(a), backend.stored(b), backend.stored(y), sizes, added);
  } else {
    asRoundedFloats(backend, [a, b], (read) =>
      writeFloats(backend, y, (made) => addon.matMul(...(read as [Values, Values]), made, sizes, added)),
    );
  }
  return y;
}

/**
 * Whether a product is kept as bf16: that of a layer whose operand is kept so, and the gradient that goes back through it. Both meet
 * weights, which are floats: a layer's with a bias, a gradient's turned. A classifier is given floats, by pooling or by
 * picking a token, and its logits are floats; so are the products of a loss, and the gradients of weights.
 */
function isTokens(call: Call, hasBias: boolean): boolean {
  const { backend, attrs } = call;
  const [a, b] = [input(call, "a"), input(call, "b")];
  const meetsWeights = !attrs.transposeA && (hasBias || attrs.transposeB === true);
  return meetsWeights && backend.isBf16(a) && !backend.isBf16(b) && tf.util.sizeFromShape(batchOf(b)) === 1;
}

let units: boolean | undefined;

function hasUnits(addon: Addon): boolean {
  units ??= addon.describe().bf16 !== "none";
  return units;
}

function fused(addon: Addon, call: Call): tf.TensorInfo {
  const { backend, attrs } = call;
  const bias = call.inputs.bias ?? undefined;
  const activation = attrs.activation ?? "linear";
  if (bias !== undefined && !isRow(call, bias)) {
    const product = multiply(addon, call);
    const y = add(addon, call, product, bias);
    backend.disposeIntermediateTensorInfo(product);
    return activate(addon, call, y, activation);
  }
  if (fusedActivations.includes(activation)) return multiply(addon, call, { bias, activation });
  return activate(addon, call, multiply(addon, call, { bias }), activation);
}

/** Whether the bias is one value per column. */
function isRow(call: Call, { shape }: tf.TensorInfo): boolean {
  const columns = input(call, "b").shape.at(call.attrs.transposeB ? -2 : -1);
  return shape.at(-1) === columns && tf.util.sizeFromShape(shape) === columns;
}

function add(addon: Addon, { backend }: Call, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  const y = backend.output(a.shape, "float32");
  const values = [a, b, y].map((info) => backend.values(info)) as [Float32Array, Float32Array, Float32Array];
  addon.binary(addon.binaryOps.Add as number, ...values, Int32Array.from(a.shape), Int32Array.from(b.shape));
  return y;
}
