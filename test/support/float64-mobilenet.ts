/** A MobileNetV2 in float64: see `float64-network.ts`. */
import type { NamedArray } from "../../core/index.js";
import { type Applied, type Maps, relu6, sum } from "./float64-maps.js";
import { chain, imagesOf, layersOf, type TrainingStep } from "./float64-network.js";

/** What the gradients follow from: weights and images as PyTorch lays them out. */
export interface MobilenetProblem {
  /** Expansion, channels, blocks and stride of each stage. */
  readonly settings: readonly (readonly [number, number, number, number])[];
  readonly weights: ReadonlyMap<string, NamedArray>;
  readonly images: NamedArray;
  readonly labels: readonly number[];
}

export function mobilenetStep({ settings, weights, images, labels }: MobilenetProblem): TrainingStep {
  return (round) => {
    const { gradients, convolve, normalise, classify } = layersOf(weights, round);
    const activated = (name: string, stride: number) => [
      (x: Maps) => convolve(x, `${name}.0`, stride),
      (x: Maps) => normalise(x, `${name}.1`),
      relu6,
    ];
    const block = (x: Maps, name: string, expansion: number, stride: number): Applied => {
      const wide = expansion === 1 ? 0 : 1;
      const branch = chain(x, [
        ...(wide ? activated(`${name}.conv.0`, 1) : []),
        ...activated(`${name}.conv.${wide}`, stride),
        (x) => convolve(x, `${name}.conv.${wide + 1}`, 1),
        (x) => normalise(x, `${name}.conv.${wide + 2}`),
      ]);
      if (stride !== 1 || branch.y.channels !== x.channels) return branch;
      const values = round(sum(branch.y.values, x.values));
      return { y: { ...branch.y, values }, back: (dy) => sum(branch.back(dy), dy) };
    };
    const plans = settings.flatMap(([expansion, , blocks, stride]) =>
      Array.from({ length: blocks }, (_, index) => ({ expansion, stride: index === 0 ? stride : 1 })),
    );
    const { y, back } = chain(imagesOf(images), [
      ...activated("features.0", 2),
      ...plans.map(
        ({ expansion, stride }, index) =>
          (x: Maps) =>
            block(x, `features.${index + 1}`, expansion, stride),
      ),
      ...activated(`features.${plans.length + 1}`, 1),
    ]);
    back(classify(y, "classifier.1", labels));
    return gradients;
  };
}
