/** The wide residual network itself. */
import type * as tf from "@tensorflow/tfjs";
import type { FactoryContext, Model } from "../../core/index.js";
import { conv2d, maxPool } from "../../core/ops/index.js";
import { batchNorm } from "../layers/batch-norm.js";
import { type Construction, construct, type Layer, tidied } from "../layers/construction.js";
import { type ConvolutionShape, filter, normalisedConvolution } from "../layers/convolution.js";
import { dropPath, dropPathRates } from "../layers/drop-path.js";
import { head } from "../layers/heads.js";
import { constant, uniformByFanIn } from "../layers/initializers.js";
import { dropout } from "../layers/linear.js";
import { assemble, type Block, endingWith, type TrunkLevel } from "../layers/trunk.js";
import { classCount } from "./common.js";
import type { WrnOptions } from "./wrn-options.js";

const stages = [
  { name: "block1", channels: 16, stride: 1 },
  { name: "block2", channels: 32, stride: 2 },
  { name: "block3", channels: 64, stride: 2 },
] as const;

/** Channels of the first convolution, whatever the width. */
const stemChannels = 16;

/**
 * Builds the network with weights from `context.stream` and one logit for each of `context.classes`.
 *
 * @throws FGKD_MISSING_FIELD (no classes)
 */
export function createWrn(owner: string, options: Required<WrnOptions>, context: FactoryContext): Model {
  const classes = classCount(owner, context);
  const at = construct(context.stream);
  const depth = (options.depth - 4) / 6;
  const rates = dropPathRates(options.dropPath, depth * stages.length);
  const { stride: stemStride, pool } = options;
  const convolve = plainConvolution(at, "conv1", { from: 3, to: stemChannels, size: 3, stride: stemStride });
  const stem: Layer = (x, mode) => tidied(at, () => (pool ? maxPool(convolve(x, mode)) : convolve(x, mode)));

  let from: number = stemChannels;
  const levels = stages.map(({ name: stage, channels, stride: first }, place): TrunkLevel => {
    const to = channels * options.width;
    const blocks = Array.from({ length: depth }, (_, index): Block => {
      const name = `${stage}.layer.${index}`;
      const stride = index === 0 ? first : 1;
      const drops = { dropout: options.dropout, dropPath: rates[place * depth + index] as number };
      const apply = preActivationBlock(at, name, { from, to, stride, ...drops });
      from = to;
      return { name, channels: to, stride, apply };
    });
    return { name: stage, blocks };
  });
  const norm: Block = { name: "bn1", channels: from, apply: batchNorm(at, "bn1", from, { relu: true }).apply };
  const { head: kind, reduction, hidden } = options;
  const start = { weight: uniformByFanIn(at.random, from), bias: constant(0) };
  return assemble(at, {
    owner,
    stem: { stride: stemStride * (pool ? 2 : 1), weights: ["conv1."], apply: stem },
    levels: endingWith(levels, norm),
    head: head(at, "fc", { kind, channels: from, classes, reduction, hidden, dropout: 0, start }),
  });
}

interface BlockShape {
  readonly from: number;
  readonly to: number;
  readonly stride: number;
  readonly dropout: number;
  readonly dropPath: number;
}

/**
 * `shortcut + branch(ReLU(BN(x)))` with two 3×3 convolutions, a batch norm and a ReLU between them. The shortcut is the input,
 * or where channels change a 1×1 convolution of what is activated.
 *
 * @see "Wide Residual Networks", 2016
 */
function preActivationBlock(at: Construction, name: string, shape: BlockShape): Layer {
  const { from, to, stride } = shape;
  const before = batchNorm(at, `${name}.bn1`, from, { relu: true });
  const names = { convolution: `${name}.conv1`, norm: `${name}.bn2` };
  const first = normalisedConvolution(at, names, { from, to, size: 3, stride, relu: true });
  const second = plainConvolution(at, `${name}.conv2`, { from: to, to, size: 3, stride: 1 });
  const isSame = from === to && stride === 1;
  const shortcut = isSame ? undefined : plainConvolution(at, `${name}.convShortcut`, { from, to, size: 1, stride });
  const [dropValues, dropBranch] = [dropout(at.random, shape.dropout), dropPath(at.random, shape.dropPath)];
  return (x, mode) =>
    tidied(at, () => {
      const activated = before.apply(x, mode);
      const branch = second(dropValues(first(activated, mode), mode), mode);
      return dropBranch(branch, mode).add<tf.Tensor4D>(shortcut ? shortcut(activated, mode) : x);
    });
}

/** Neither bias nor norm. */
function plainConvolution(at: Construction, name: string, shape: ConvolutionShape): Layer {
  const { size, stride, padding = size >> 1 } = shape;
  const weights = filter(at, name, shape);
  return (x) => conv2d(x, weights, { stride, padding });
}
