/**
 * The gradients of a residual network in float64, and how much of them rounding can move: what tells an engine that
 * loses digits from a gradient that nobody can compute to more digits.
 */
import type { NamedArray } from "../../core/index.js";
import { createRandom } from "../../core/index.js";
import { batchNorm, convolution, type Maps, maps, maxPool, relu, sum } from "./float64-maps.js";

/** What the gradients follow from: weights and images as PyTorch lays them out. */
export interface ResnetProblem {
  readonly block: "basic" | "bottleneck";
  readonly depths: readonly number[];
  readonly weights: ReadonlyMap<string, NamedArray>;
  readonly images: NamedArray;
  readonly labels: readonly number[];
}

export type Gradients = ReadonlyMap<string, Float64Array>;

/** A change of values at the size of rounding, or none. */
type Round = (values: Float64Array) => Float64Array;

interface Step {
  readonly y: Maps;
  readonly back: (dy: Float64Array) => Float64Array;
}

/** The gradient of the mean cross-entropy by every weight, in a training step. */
export function exactGradients(problem: ResnetProblem): Gradients {
  return gradientsOf(problem, (values) => values);
}

/**
 * How far a gradient's values move when every number that a convolution or a batch norm reads or writes, forwards and
 * back, is off by up to half a unit in the last place of float32: by weight, the root mean square over some draws, of
 * the value that moves most.
 *
 * @see Parker, "Monte Carlo Arithmetic", 1997
 */
export function sensitivities(problem: ResnetProblem, exact: Gradients, draws = 4): ReadonlyMap<string, number> {
  const squares = new Map([...exact].map(([name, { length }]) => [name, new Float64Array(length)]));
  for (let draw = 0; draw < draws; draw++) {
    const random = createRandom(`rounding/${draw}`);
    const rounded = gradientsOf(problem, (values) =>
      values.map((value) => value * (1 + 2 ** -24 * (2 * random.next() - 1))),
    );
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

function gradientsOf({ block, depths, weights, images, labels }: ResnetProblem, round: Round): Gradients {
  const gradients = new Map<string, Float64Array>();
  const weight = (name: string) => {
    const { data, shape } = weights.get(name) as NamedArray;
    return { values: Float64Array.from(data as Float32Array), shape };
  };

  const convolve = (x: Maps, name: string, stride: number): Step => {
    const { values, shape } = weight(`${name}.weight`);
    const made = convolution({ ...x, values: round(x.values) }, { values: round(values), shape }, stride);
    const back = (dy: Float64Array) => {
      gradients.set(`${name}.weight`, round(made.filterGradient(round(dy))));
      return round(made.inputGradient(round(dy)));
    };
    return { y: { ...made.y, values: round(made.y.values) }, back };
  };

  const normalise = (x: Maps, name: string): Step => {
    const made = batchNorm(x, weight(`${name}.weight`).values, weight(`${name}.bias`).values);
    const back = (dy: Float64Array) => {
      const { dx, dScale, dOffset } = made.gradients(dy);
      gradients.set(`${name}.weight`, dScale).set(`${name}.bias`, dOffset);
      return round(dx);
    };
    return { y: { ...made.y, values: round(made.y.values) }, back };
  };

  const chain = (x: Maps, steps: readonly ((x: Maps) => Step)[]): Step => {
    const backs: Step["back"][] = [];
    let y = x;
    for (const step of steps) {
      const made = step(y);
      y = made.y;
      backs.unshift(made.back);
    }
    return { y, back: (dy) => backs.reduce((slope, back) => back(slope), dy) };
  };

  const residual = (x: Maps, prefix: string, stride: number): Step => {
    const convolutions = block === "basic" ? 2 : 3;
    const strided = block === "basic" ? 1 : 2;
    const steps = Array.from({ length: convolutions }, (_, index) => index + 1).flatMap((number) => [
      (x: Maps) => convolve(x, `${prefix}.conv${number}`, number === strided ? stride : 1),
      (x: Maps) => normalise(x, `${prefix}.bn${number}`),
      ...(number < convolutions ? [relu] : []),
    ]);
    const branch = chain(x, steps);
    const aside = weights.has(`${prefix}.downsample.0.weight`)
      ? chain(x, [(x) => convolve(x, `${prefix}.downsample.0`, stride), (x) => normalise(x, `${prefix}.downsample.1`)])
      : { y: x, back: (dy: Float64Array) => dy };
    const { y, back } = relu({ ...branch.y, values: sum(branch.y.values, aside.y.values) });
    return {
      y: { ...y, values: round(y.values) },
      back: (dy) => {
        const open = back(dy);
        return sum(branch.back(open), aside.back(open));
      },
    };
  };

  const [batch = 0, channels = 0, side = 0] = images.shape;
  const input = { ...maps(batch, channels, side), values: Float64Array.from(images.data as Float32Array) };
  const blocks = depths.flatMap((depth, stage) =>
    Array.from({ length: depth }, (_, index) => (x: Maps) => {
      return residual(x, `layer${stage + 1}.${index}`, stage > 0 && index === 0 ? 2 : 1);
    }),
  );
  const { y, back } = chain(input, [
    (x) => convolve(x, "conv1", 2),
    (x) => normalise(x, "bn1"),
    relu,
    maxPool,
    ...blocks,
  ]);
  back(classify(y, weight("fc.weight"), weight("fc.bias").values, labels, gradients));
  return gradients;
}

/** Mean over the pixels, classifier and mean cross-entropy; returns the gradient of the maps. */
function classify(
  x: Maps,
  { values: matrix, shape }: { readonly values: Float64Array; readonly shape: readonly number[] },
  bias: Float64Array,
  labels: readonly number[],
  gradients: Map<string, Float64Array>,
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
  gradients.set("fc.weight", dMatrix).set("fc.bias", dBias);
  return dx;
}
