/** Numbers of tfjs' shaders, laid out as their text declares them. */
import * as tf from "@tensorflow/tfjs";
import { bitsOf } from "./shader.js";
import type { TfjsProgram, TfjsUniform } from "./tfjs-backend.js";

/**
 * Not a number and infinity, which WGSL has no literals for; shapes and strides of inputs and output; where the shader asks
 * for it the number of values; then what its kernel adds.
 */
export function tfjsUniforms(
  program: TfjsProgram,
  tensors: readonly tf.TensorInfo[],
  added: readonly TfjsUniform[] | null = [],
): Uint32Array<ArrayBuffer> {
  const whole = (data: readonly number[]): TfjsUniform => ({ type: "int32", data });
  const { size, outputShape, outputComponent = 1 } = program;
  return wordsOf([
    { type: "float32", data: [Number.NaN] },
    { type: "float32", data: [Number.POSITIVE_INFINITY] },
    ...tensors.flatMap(({ shape }) => [whole(shape), whole(tf.util.computeStrides(shape))]),
    ...(size ? [whole([tf.util.sizeFromShape(outputShape) / outputComponent])] : []),
    ...(added ?? []),
  ]);
}

/** Vectors stand at multiples of their size, those of three and more numbers at multiples of 16 bytes, as do their successors. */
function wordsOf(uniforms: readonly TfjsUniform[]): Uint32Array<ArrayBuffer> {
  const words: number[] = [];
  let widest = 1;
  let before = 0;
  for (const { type, data } of uniforms) {
    // tfjs declares a number where a tensor has no axes.
    const values = data.length === 0 ? [1] : data;
    const step = values.length > 2 || before > 4 ? 4 : values.length;
    while (words.length % step !== 0) words.push(0);
    words.push(...values.map((value) => (type === "float32" ? bitsOf(value) : value)));
    widest = Math.max(widest, step);
    before = values.length;
  }
  while (words.length % widest !== 0) words.push(0);
  return Uint32Array.from(words);
}
