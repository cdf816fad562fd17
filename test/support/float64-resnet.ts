/** A residual network in float64: see `float64-network.ts`. */
import type { NamedArray } from "../../core/index.js";
import { type Applied, type Maps, maxPool, relu, sum } from "./float64-maps.js";
import { chain, imagesOf, layersOf, type TrainingStep } from "./float64-network.js";

/** What the gradients follow from: weights and images as PyTorch lays them out. */
export interface ResnetProblem {
  readonly block: "basic" | "bottleneck";
  readonly depths: readonly number[];
  readonly weights: ReadonlyMap<string, NamedArray>;
  readonly images: NamedArray;
  readonly labels: readonly number[];
}

export function resnetStep({ block, depths, weights, images, labels }: ResnetProblem): TrainingStep {
  return (round) => {
    const { gradients, convolve, normalise, classify } = layersOf(weights, round);
    const residual = (x: Maps, prefix: string, stride: number): Applied => {
      const convolutions = block === "basic" ? 2 : 3;
      const strided = block === "basic" ? 1 : 2;
      const steps = Array.from({ length: convolutions }, (_, index) => index + 1).flatMap((number) => [
        (x: Maps) => convolve(x, `${prefix}.conv${number}`, number === strided ? stride : 1),
        (x: Maps) => normalise(x, `${prefix}.bn${number}`),
        ...(number < convolutions ? [relu] : []),
      ]);
      const branch = chain(x, steps);
      const aside = weights.has(`${prefix}.downsample.0.weight`)
        ? chain(x, [
            (x) => convolve(x, `${prefix}.downsample.0`, stride),
            (x) => normalise(x, `${prefix}.downsample.1`),
          ])
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

    const blocks = depths.flatMap((depth, stage) =>
      Array.from({ length: depth }, (_, index) => (x: Maps) => {
        return residual(x, `layer${stage + 1}.${index}`, stage > 0 && index === 0 ? 2 : 1);
      }),
    );
    const { y, back } = chain(imagesOf(images), [
      (x) => convolve(x, "conv1", 2),
      (x) => normalise(x, "bn1"),
      relu,
      maxPool,
      ...blocks,
    ]);
    back(classify(y, "fc", labels));
    return gradients;
  };
}
