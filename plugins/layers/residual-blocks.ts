/** The residual blocks of ResNet. */

import { type Construction, type Layer, tidied } from "./construction.js";
import { type NormalisedConvolution, type NormalisedShape, normalisedConvolution } from "./convolution.js";
import { dropPath } from "./drop-path.js";

/** `basic`: two 3×3 convolutions. `bottleneck`: 1×1, 3×3, 1×1, with four times the width at the end. */
export type BlockKind = "basic" | "bottleneck";

export interface BlockShape {
  readonly from: number;
  /** Channels inside; outside a bottleneck has `expansion` times as many. */
  readonly width: number;
  readonly stride: number;
  /** Whether the last batch norm's weight starts at 0, which makes the new block the identity. */
  readonly zeroInitResidual: boolean;
  /** Share of images for which a training step leaves out the branch. Default 0. */
  readonly dropPath?: number;
}

/** Channels that a block gives out, by its width. */
export const expansion = { basic: 1, bottleneck: 4 } as const satisfies Record<BlockKind, number>;

/**
 * A block, its weights under `<name>.`: `ReLU(branch(x) + shortcut(x))`. The stride is on the first 3×3 convolution.
 *
 * @see "Deep Residual Learning for Image Recognition", 2016
 */
export function residualBlock(at: Construction, name: string, kind: BlockKind, shape: BlockShape): Layer {
  const branch = (kind === "basic" ? basicBranch : bottleneckBranch)(at, name, shape);
  const inner = branch.slice(0, -1);
  // Neither kind is empty.
  const last = branch.at(-1) as NormalisedConvolution;
  const shortcut = shortcutOf(at, `${name}.downsample`, shape, shape.width * expansion[kind]);
  // Tidied, so that what no gradient needs (the two terms) is freed at once.
  return (x, mode) =>
    tidied(at, () => {
      const inside = inner.reduce((map, layer) => layer(map, mode), x);
      return last(inside, mode, shortcut(x, mode));
    });
}

function basicBranch(at: Construction, name: string, shape: BlockShape): NormalisedConvolution[] {
  const { from, width, stride } = shape;
  return [
    part(at, name, 1, { from, to: width, size: 3, stride, relu: true }),
    part(at, name, 2, { from: width, to: width, size: 3, stride: 1, ...lastOf(at, shape) }),
  ];
}

function bottleneckBranch(at: Construction, name: string, shape: BlockShape): NormalisedConvolution[] {
  const { from, width, stride } = shape;
  const to = width * expansion.bottleneck;
  return [
    part(at, name, 1, { from, to: width, size: 1, stride: 1, relu: true }),
    part(at, name, 2, { from: width, to: width, size: 3, stride, relu: true }),
    part(at, name, 3, { from: width, to, size: 1, stride: 1, ...lastOf(at, shape) }),
  ];
}

/** What is said of the last convolution of a branch alone. */
function lastOf(at: Construction, { zeroInitResidual, dropPath: rate = 0 }: BlockShape) {
  return { relu: false, scale: zeroInitResidual ? 0 : 1, ...(rate > 0 && { drop: dropPath(at.random, rate) }) };
}

function part(at: Construction, block: string, number: number, shape: NormalisedShape): NormalisedConvolution {
  return normalisedConvolution(at, { convolution: `${block}.conv${number}`, norm: `${block}.bn${number}` }, shape);
}

/** The identity where it fits, else a 1×1 convolution and batch norm. */
function shortcutOf(at: Construction, name: string, { from, stride }: BlockShape, to: number): Layer {
  if (stride === 1 && from === to) return (x) => x;
  const names = { convolution: `${name}.0`, norm: `${name}.1` };
  return normalisedConvolution(at, names, { from, to, size: 1, stride, relu: false });
}
