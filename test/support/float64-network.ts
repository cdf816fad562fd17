/**
 * The gradients of a network in float64, and how much of them rounding can move: what tells an engine that loses digits from a
 * gradient that nobody can compute to more digits.
 */
import type { NamedArray } from "../../core/index.js";
import { createRandom } from "../../core/index.js";
import { type Applied, batchNorm, convolution, type Maps, maps } from "./float64-maps.js";

export type Gradients = ReadonlyMap<string, Float64Array>;

/** A change of values at the size of rounding, or none. */
export type Round = (values: Float64Array) => Float64Array;

/** A training step: the gradient of the mean cross-entropy by every weight. */
export type TrainingStep = (round: Round) => Gradients;

/** Without any rounding beside float64's. */
export function exactGradients(step: TrainingStep): Gradients {
  return step((values) => values);
}

/**
 * How far a gradient's values move when every number that a convolution or a batch norm reads or writes, forwards and
 * back, is off by up to half a unit in the last place of float32: by weight, the root mean square over some draws, of
 * the value that moves most.
 *
 * @see Parker, "Monte Carlo Arithmetic", 1997
 */
export function sensitivities(
  step: TrainingStep,
  exact: Gradients,
  draws = 4,
  unit = 2 ** -24,
): ReadonlyMap<string, number> {
  const squares = new Map([...exact].map(([name, { length }]) => [name, new Float64Array(length)]));
  for (let draw = 0; draw < draws; draw++) {
    const random = createRandom(`rounding/${draw}`);
    const rounded = step((values) => values.map((value) => value * (1 + unit * (2 * random.next() - 1))));
    for (const [name, values] of squares)
      for (const [index, move] of difference(rounded, exact, name).entries())
        values[index] = (values[index] as number) + move ** 2 / draws;
  }
  return new Map([...squares].map(([name, values]) => [name, Math.sqrt(Math.max(...values))]));
}

function difference(a: Gradients, b: Gradients, name: string): Float64Array {
  const [left, right] = [a.get(name), b.get(name)] as [Float64Array, Float64Array];
  return left.map((value, index) => value - (right[index] as number));
}

/** The images of a network, as PyTorch lays them out. */
export function imagesOf({ shape, data }: NamedArray): Maps {
  const [batch = 0, channels = 0, side = 0] = shape;
  return { ...maps(batch, channels, side), values: Float64Array.from(data as Float32Array) };
}

/** One layer after the other. */
export function chain(x: Maps, steps: readonly ((x: Maps) => Applied)[]): Applied {
  const backs: Applied["back"][] = [];
  let y = x;
  for (const step of steps) {
    const made = step(y);
    y = made.y;
    backs.unshift(made.back);
  }
  return { y, back: (dy) => backs.reduce((slope, back) => back(slope), dy) };
}

/** Layers with these weights, whose gradients come together on the way back. */
export function layersOf(weights: ReadonlyMap<string, NamedArray>, round: Round) {
  const gradients = new Map<string, Float64Array>();
  const weight = (name: string) => {
    const { data, shape } = weights.get(name) as NamedArray;
    return { values: Float64Array.from(data as Float32Array), shape };
  };

  /** The names of its weight and gradient begin with `name`. */
  const convolve = (x: Maps, name: string, stride: number): Applied => {
    const { values, shape } = weight(`${name}.weight`);
    const made = convolution({ ...x, values: round(x.values) }, { values: round(values), shape }, stride);
    const back = (dy: Float64Array) => {
      gradients.set(`${name}.weight`, round(made.filterGradient(round(dy))));
      return round(made.inputGradient(round(dy)));
    };
    return { y: { ...made.y, values: round(made.y.values) }, back };
  };

  const normalise = (x: Maps, name: string): Applied => {
    const made = batchNorm(x, weight(`${name}.weight`).values, weight(`${name}.bias`).values);
    const back = (dy: Float64Array) => {
      const { dx, dScale, dOffset } = made.gradients(dy);
      gradients.set(`${name}.weight`, dScale).set(`${name}.bias`, dOffset);
      return round(dx);
    };
    return { y: { ...made.y, values: round(made.y.values) }, back };
  };

  /** Mean over the pixels, classifier and mean cross-entropy; returns the gradient of the maps. */
  const classify = (x: Maps, name: string, labels: readonly number[]) =>
    crossEntropy(x, weight(`${name}.weight`), weight(`${name}.bias`).values, labels, (dMatrix, dBias) =>
      gradients.set(`${name}.weight`, dMatrix).set(`${name}.bias`, dBias),
    );

  return { gradients, convolve, normalise, classify };
}

function crossEntropy(
  x: Maps,
  { values: matrix, shape }: { readonly values: Float64Array; readonly shape: readonly number[] },
  bias: Float64Array,
  labels: readonly number[],
  keep: (dMatrix: Float64Array, dBias: Float64Array) => void,
): Float64Array {
  const [classes = 0, features = 0] = shape;
  const pixels = x.side ** 2;
  const dMatrix = new Float64Array(matrix.length);
  const dBias = new Float64Array(classes);
  const dx = new Float64Array(x.values.length);
  for (const [image, label] of labels.entries()) {
    const means = Array.from({ length: features }, (_, feature) => {
      const begin = (image * features + feature) * pixels;
      return x.values.subarray(begin, begin + pixels).reduce((total, value) => total + value / pixels, 0);
    });
    const logits = Array.from(bias, (start, row) =>
      means.reduce((total, value, feature) => total + value * (matrix[row * features + feature] as number), start),
    );
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    for (const [row, logit] of logits.entries()) {
      const slope = (Math.exp(logit) / total - Number(row === label)) / labels.length;
      dBias[row] = (dBias[row] as number) + slope;
      for (const [feature, value] of means.entries()) {
        const entry = row * features + feature;
        dMatrix[entry] = (dMatrix[entry] as number) + slope * value;
        const begin = (image * features + feature) * pixels;
        for (let pixel = begin; pixel < begin + pixels; pixel++)
          dx[pixel] = (dx[pixel] as number) + (slope * (matrix[entry] as number)) / pixels;
      }
    }
  }
  keep(dMatrix, dBias);
  return dx;
}
