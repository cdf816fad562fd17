/** Weights in fewer bits: what a file holds, and the nodes that make numbers of 32 bits of it. */
import { bytesOf, type Emitted } from "./emitter.js";
import type { OnnxNode, OnnxTensor } from "./model-proto.js";

/**
 * - `fp32`: as they were trained;
 * - `fp16`: weights in 16 bits, half of the size; computed in 32;
 * - `int8`: the weights of convolutions and matrix products in 8 bits, a quarter of the size, each output channel with a scale of its own;
 *   computed in 32.
 */
export const precisions = ["fp32", "fp16", "int8"] as const;
export type Precision = (typeof precisions)[number];

/** Smaller tensors stay: they are no part of the size, and biases, norms and positions need their bits. */
const smallest = 128;

/** The greatest number of 16 bits. */
const largestHalf = 65504;

/** Puts other weights in place of those that there are; the nodes are to come before all others. */
export function reduced(precision: Precision, { made, initializers }: Pick<Emitted, "made" | "initializers">) {
  const tensors = new Map(initializers);
  const nodes: OnnxNode[] = [];
  const axes = precision === "int8" ? channelAxes(made, initializers) : undefined;
  for (const [name, tensor] of initializers) {
    if (precision === "fp32" || tensor.type !== "float32" || tensor.data.length < 4 * smallest) continue;
    const values = new Float32Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.length / 4);
    const axis = axes?.get(name);
    if (precision === "fp16") halve(name, tensor.shape, values, tensors, nodes);
    else if (axis !== undefined) quantize({ name, shape: tensor.shape, values, axis }, tensors, nodes);
  }
  return { nodes: [...nodes, ...made], initializers: tensors };
}

function halve(
  name: string,
  shape: readonly number[],
  values: Float32Array,
  tensors: Map<string, OnnxTensor>,
  nodes: OnnxNode[],
): void {
  if (values.some((value) => Math.abs(value) > largestHalf)) return;
  const half = `${name}.half`;
  tensors.delete(name);
  tensors.set(half, { type: "float16", shape, data: bytesOf(halves(values)) });
  nodes.push({ operator: "Cast", inputs: [half], outputs: [name], attributes: { to: 1n } });
}

/** The nearest numbers of 16 bits; of two as near the even one. */
export function halves(values: Float32Array): Uint16Array {
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  return Uint16Array.from(values, (value) => {
    float[0] = value;
    const sign = ((bits[0] as number) >>> 16) & 0x8000;
    const size = Math.abs(value);
    // Below the smallest normal one they are multiples of 2⁻²⁴.
    if (size < 2 ** -14) return sign | toEven(size * 2 ** 24);
    const exponent = (((bits[0] as number) >>> 23) & 0xff) - 127;
    return sign | toEven((size / 2 ** exponent + exponent + 14) * 1024);
  });
}

function toEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** By name, the axis of the output channels of weights that one kind of node multiplies with. */
function channelAxes(nodes: readonly OnnxNode[], initializers: ReadonlyMap<string, OnnxTensor>) {
  const axes = new Map<string, number>();
  for (const { operator, inputs } of nodes) {
    const name = inputs[1] ?? "";
    const rank = initializers.get(name)?.shape.length ?? 0;
    if (operator === "Conv") axes.set(name, 0);
    if (operator === "MatMul" && rank >= 2) axes.set(name, rank - 1);
  }
  return axes;
}

interface Weights {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
  readonly axis: number;
}

/** Each channel's largest value becomes 127. */
function quantize({ name, shape, values, axis }: Weights, tensors: Map<string, OnnxTensor>, nodes: OnnxNode[]): void {
  const channels = shape[axis] as number;
  const inner = shape.slice(axis + 1).reduce((product, side) => product * side, 1);
  const channelOf = (index: number) => Math.floor(index / inner) % channels;
  const scales = new Float32Array(channels);
  for (const [index, value] of values.entries()) {
    const channel = channelOf(index);
    scales[channel] = Math.max(scales[channel] as number, Math.abs(value) / 127);
  }
  const steps = Int8Array.from(values, (value, index) => Math.round(value / (scales[channelOf(index)] || 1)));
  const [whole, scale] = [`${name}.int8`, `${name}.scale`];
  tensors.delete(name);
  tensors.set(whole, { type: "int8", shape, data: bytesOf(steps) });
  tensors.set(scale, { type: "float32", shape: [channels], data: bytesOf(scales) });
  nodes.push({
    operator: "DequantizeLinear",
    inputs: [whole, scale],
    outputs: [name],
    attributes: { axis: BigInt(axis) },
  });
}
