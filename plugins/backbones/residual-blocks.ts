/** The residual blocks of ResNet. */
import * as tf from "@tensorflow/tfjs";
import { addRelu } from "../../core/ops/index.js";
import { batchNorm } from "./batch-norm.js";
import { type Construction, convolution, type Layer } from "./layers.js";

/** `basic`: two 3×3 convolutions. `bottleneck`: 1×1, 3×3, 1×1, with four times the width at the end. */
export type BlockKind = "basic" | "bottleneck";

export interface BlockShape {
  readonly from: number;
  /** Channels inside; outside a bottleneck has `expansion` times as many. */
  readonly width: number;
  readonly stride: number;
  /** Whether the last batch norm's weight starts at 0, which makes the new block the identity. */
  readonly zeroInitResidual: boolean;
}

/** Channels that a block gives out, by its width. */
export const expansion = { basic: 1, bottleneck: 4 } as const satisfies Record<BlockKind, number>;

/**
 * A block, its weights under `<name>.`: `ReLU(branch(x) + shortcut(x))`. The stride is on the first 3×3 convolution.
 *
 * @see "Deep Residual Learning for Image Recognition", 2016
 */
export function residualBlock(at: Construction, name: string, kind: BlockKind, shape: BlockShape): Layer {
  const branch = kind === "basic" ? basicBranch(at, name, shape) : bottleneckBranch(at, name, shape);
  const shortcut = shortcutOf(at, `${name}.downsample`, shape, shape.width * expansion[kind]);
  // Tidied, so that what no gradient needs (the two terms) is freed at once.
  return (x, mode) => tf.tidy(() => addRelu(branch(x, mode), shortcut(x, mode)));
}

function basicBranch(at: Construction, name: string, { from, width, stride, zeroInitResidual }: BlockShape): Layer {
  const conv1 = convolution(at, `${name}.conv1`, { from, to: width, size: 3, stride });
  const bn1 = batchNorm(at, `${name}.bn1`, width, { relu: true });
  const conv2 = convolution(at, `${name}.conv2`, { from: width, to: width, size: 3, stride: 1 });
  const bn2 = batchNorm(at, `${name}.bn2`, width, { relu: false, scale: zeroInitResidual ? 0 : 1 });
  return (x, mode) => bn2(conv2(bn1(conv1(x, mode), mode), mode), mode);
}

function bottleneckBranch(
  at: Construction,
  name: string,
  { from, width, stride, zeroInitResidual }: BlockShape,
): Layer {
  const to = width * expansion.bottleneck;
  const conv1 = convolution(at, `${name}.conv1`, { from, to: width, size: 1, stride: 1 });
  const bn1 = batchNorm(at, `${name}.bn1`, width, { relu: true });
  const conv2 = convolution(at, `${name}.conv2`, { from: width, to: width, size: 3, stride });
  const bn2 = batchNorm(at, `${name}.bn2`, width, { relu: true });
  const conv3 = convolution(at, `${name}.conv3`, { from: width, to, size: 1, stride: 1 });
  const bn3 = batchNorm(at, `${name}.bn3`, to, { relu: false, scale: zeroInitResidual ? 0 : 1 });
  return (x, mode) => bn3(conv3(bn2(conv2(bn1(conv1(x, mode), mode), mode), mode), mode), mode);
}

/** The identity where it fits, else a 1×1 convolution and batch norm. */
function shortcutOf(at: Construction, name: string, { from, stride }: BlockShape, to: number): Layer {
  if (stride === 1 && from === to) return (x) => x;
  const conv = convolution(at, `${name}.0`, { from, to, size: 1, stride });
  const bn = batchNorm(at, `${name}.1`, to, { relu: false });
  return (x, mode) => bn(conv(x, mode), mode);
}
