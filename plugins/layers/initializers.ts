/** How new weights are drawn. */
import type { Initializer, Random } from "../../core/index.js";

/** Every value the same. */
export function constant(value: number): Initializer {
  return (shape) => new Float32Array(sizeOf(shape)).fill(value);
}

/** Normal with mean 0. */
export function normal(random: Random, deviation: number): Initializer {
  return (shape) => scaled(random.normals(sizeOf(shape)), deviation);
}

/**
 * Normal with deviation `√(2 / (height · width · out))`; `out` of a depthwise filter is 1, since each output sees one channel.
 *
 * @see "Delving Deep into Rectifiers", 2015 (there "fan-out")
 */
export function kaimingNormal(random: Random): Initializer {
  return (shape) => {
    const [height = 1, width = 1, , out = 1] = shape;
    return scaled(random.normals(sizeOf(shape)), Math.sqrt(2 / (height * width * out)));
  };
}

/**
 * Normal with mean 0, drawn anew where it is beyond ±2, then multiplied: with the usual deviation of 0.02 the bound is met
 * never, as in the libraries that have it.
 */
export function truncatedNormal(random: Random, deviation: number, factor = 1): Initializer {
  const bound = 2 / deviation;
  return (shape) => {
    const values = random.normals(sizeOf(shape));
    for (let index = 0; index < values.length; index++)
      while (Math.abs(values[index] as number) > bound) values[index] = random.normals(1)[0] as number;
    return scaled(values, deviation * factor);
  };
}

/** Uniform within `±1/√fanIn`: PyTorch's own choice for linear layers and their biases. */
export function uniformByFanIn(random: Random, fanIn: number): Initializer {
  const bound = 1 / Math.sqrt(fanIn);
  return (shape) => Float32Array.from({ length: sizeOf(shape) }, () => (2 * random.next() - 1) * bound);
}

/** In place: a layer may have a hundred million weights. */
function scaled(values: Float32Array, factor: number): Float32Array {
  for (let index = 0; index < values.length; index++) values[index] = (values[index] as number) * factor;
  return values;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1);
}
