/** The BiT network itself: a pre-activation residual network without batch statistics. */
import * as tf from "@tensorflow/tfjs";
import type { FactoryContext, Model } from "../../core/index.js";
import { maxPool } from "../../core/ops/index.js";
import { type Construction, construct, type Layer, tidied } from "../layers/construction.js";
import { dropPath, dropPathRates } from "../layers/drop-path.js";
import { groupNormRelu } from "../layers/group-norm.js";
import { head } from "../layers/heads.js";
import { constant, normal } from "../layers/initializers.js";
import { standardisedConvolution } from "../layers/standardised-convolution.js";
import { assemble, type Block, endingWith, type TrunkLevel } from "../layers/trunk.js";
import type { BitOptions } from "./bit-options.js";
import { classCount } from "./common.js";

/**
 * Builds the network with weights from `context.stream` and one logit for each of `context.classes`.
 *
 * @throws FGKD_MISSING_FIELD (no classes)
 */
export function createBit(owner: string, options: Required<BitOptions>, context: FactoryContext): Model {
  const { depths, widths, stem, head: kind, reduction, hidden, dropout: pooledDropout } = options;
  const classes = classCount(owner, context);
  const at = construct(context.stream);
  const first = { stride: 4, weights: ["stem.conv."], apply: createStem(at, stem) };
  const rates = dropPathRates(
    options.dropPath,
    depths.reduce((sum, depth) => sum + depth, 0),
  );
  let [from, place] = [stem, 0];
  const levels = depths.map((depth, stage): TrunkLevel => {
    const to = widths[stage] as number;
    const blocks = Array.from({ length: depth }, (_, index): Block => {
      const name = `stages.${stage}.blocks.${index}`;
      const stride = index === 0 && stage > 0 ? 2 : 1;
      const shape = { from, to, stride, isFirst: index === 0, dropPath: rates[place++] as number };
      from = to;
      return { name, channels: to, stride, apply: preActivationBottleneck(at, name, shape) };
    });
    return { name: `stages.${stage}`, blocks };
  });
  const norm: Block = { name: "norm", channels: from, apply: groupNormRelu(at, "norm", from) };
  const start = { weight: normal(at.random, 0.01), bias: constant(0) };
  const shape = { kind, channels: from, classes, reduction, hidden, dropout: 0, pooledDropout, start, pointwise: true };
  return assemble(at, {
    owner,
    stem: first,
    levels: endingWith(levels, norm),
    head: head(at, "head.fc", shape),
  });
}

/** 7×7 at stride 2, then the largest of 3×3 at stride 2, with zeros around the map: they win where all around is negative. */
function createStem(at: Construction, to: number): Layer {
  const convolve = standardisedConvolution(at, "stem.conv", { from: 3, to, size: 7, stride: 2 });
  const around: [number, number][] = [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ];
  return (x, mode) => tidied(at, () => maxPool(convolve(x, mode).pad<tf.Tensor4D>(around), { padding: 0 }));
}

interface BottleneckShape {
  readonly from: number;
  readonly to: number;
  readonly stride: number;
  /** Whether it begins a stage: then the shortcut is a convolution of the activated input. */
  readonly isFirst: boolean;
  readonly dropPath: number;
}

/**
 * `shortcut + branch(ReLU(GN(x)))`, nothing after the sum: 1×1, 3×3 with the stride, 1×1, a norm and a ReLU between them.
 *
 * @see "Identity Mappings in Deep Residual Networks", 2016
 */
function preActivationBottleneck(at: Construction, name: string, shape: BottleneckShape): Layer {
  const { from, to, stride, isFirst } = shape;
  const inner = to / 4;
  const convolve = (part: string, from: number, to: number, size: number, stride: number) =>
    standardisedConvolution(at, `${name}.${part}`, { from, to, size, stride });
  const shortcut = isFirst ? convolve("downsample.conv", from, to, 1, stride) : undefined;
  const before = groupNormRelu(at, `${name}.norm1`, from);
  const branch: Layer[] = [
    convolve("conv1", from, inner, 1, 1),
    groupNormRelu(at, `${name}.norm2`, inner),
    convolve("conv2", inner, inner, 3, stride),
    groupNormRelu(at, `${name}.norm3`, inner),
    convolve("conv3", inner, to, 1, 1),
  ];
  const drop = dropPath(at.random, shape.dropPath);
  return (x, mode) =>
    tidied(at, () => {
      const activated = before(x, mode);
      const inside = branch.reduce((map, layer) => layer(map, mode), activated);
      return tf.add<tf.Tensor4D>(drop(inside, mode), shortcut ? shortcut(activated, mode) : x);
    });
}
