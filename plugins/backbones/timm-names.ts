/** Weights of networks of inverted residuals under timm's names, where these models have torchvision's. */
import type { ConvolutionNames } from "../layers/convolution.js";

/** A block, and what its parts are called here: see `invertedResidual`. */
export interface NamedBlock {
  /** Whether a convolution widens first. */
  readonly isWide: boolean;
  parts(place: number, isLast: boolean): ConvolutionNames;
  /** Name of the gate by its place; absent where there is none. */
  readonly gate?: (place: number) => string;
}

/**
 * The model's name for one of timm's: `blocks.1.0.conv_pwl.weight` is `features.2.conv.2.weight` in MobileNetV2. Any other name is
 * given back.
 *
 * @param stages timm counts blocks within their stage
 * @param last name of the convolution after the blocks
 */
export function timmNames(stages: readonly (readonly NamedBlock[])[], last: string): (name: string) => string {
  const own = new Map([
    ["conv_stem", "features.0.0"],
    ["bn1", "features.0.1"],
    ["conv_head", `${last}.0`],
    ["bn2", `${last}.1`],
    ["classifier", "classifier.1"],
    ...stages.flatMap((blocks, stage) =>
      blocks.flatMap((block, index) =>
        partsOf(block).map(([theirs, ours]) => [`blocks.${stage}.${index}.${theirs}`, ours] as const),
      ),
    ),
  ]);
  return (name) => {
    const end = name.lastIndexOf(".");
    const found = own.get(name.slice(0, end));
    return found === undefined ? name : `${found}${name.slice(end)}`;
  };
}

/** Theirs and ours, in the order of the layers; timm counts the norms from 1. */
function partsOf({ isWide, parts, gate }: NamedBlock): readonly (readonly [string, string])[] {
  const before = isWide ? ["conv_pw", "conv_dw"] : ["conv_dw"];
  const convolutions = [...before, isWide ? "conv_pwl" : "conv_pw"];
  const inside = gate?.(before.length);
  const gated = inside === undefined ? 0 : 1;
  return [
    ...convolutions.flatMap((name, index): (readonly [string, string])[] => {
      const isLast = index === before.length;
      const { convolution, norm } = parts(isLast ? index + gated : index, isLast);
      return [
        [name, convolution],
        [`bn${index + 1}`, norm],
      ];
    }),
    ...(inside === undefined
      ? []
      : ([
          ["se.conv_reduce", `${inside}.fc1`],
          ["se.conv_expand", `${inside}.fc2`],
        ] as const)),
  ];
}
