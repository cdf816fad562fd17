/** MobileNetV2 itself. */
import type { FactoryContext, Model } from "../../core/index.js";
import { construct } from "../layers/construction.js";
import { type ConvolutionNames, normalisedConvolution } from "../layers/convolution.js";
import { dropPathRates } from "../layers/drop-path.js";
import { head } from "../layers/heads.js";
import { constant, normal } from "../layers/initializers.js";
import { invertedResidual, scaledChannels } from "../layers/inverted-residual.js";
import { assemble, type Block, type TrunkLevel } from "../layers/trunk.js";
import { classCount } from "./common.js";
import type { MobilenetOptions } from "./mobilenet-options.js";
import { type NamedBlock, timmNames } from "./timm-names.js";

/** One inverted residual, as the options say. */
interface BlockPlan {
  readonly to: number;
  readonly stride: number;
  readonly expansion: number;
}

/**
 * Builds the network with weights from `context.stream` and one logit for each of `context.classes`.
 *
 * @throws FGKD_MISSING_FIELD (no classes)
 */
export function createMobilenet(owner: string, options: Required<MobilenetOptions>, context: FactoryContext): Model {
  const classes = classCount(owner, context);
  const at = construct(context.stream);
  const scaled = (channels: number, factor = options.width) =>
    factor === 1 ? channels : scaledChannels(channels, factor);
  const plans = plansOf(options, scaled);
  const rates = dropPathRates(options.dropPath, plans.length);

  // Torchvision numbers the layers of the trunk: the first convolution is 0, the last one comes after the blocks.
  let from = scaled(options.stem);
  const blocks: Block[] = [
    {
      name: "features.0",
      channels: from,
      stride: 2,
      apply: normalisedConvolution(at, named("features.0"), {
        from: 3,
        to: from,
        size: 3,
        stride: 2,
        activation: "relu6",
      }),
    },
  ];
  for (const [index, { to, stride, expansion }] of plans.entries()) {
    const name = `features.${index + 1}`;
    const shape = { from, inner: from * expansion, to, size: 3, stride, dropPath: rates[index] as number };
    const apply = invertedResidual(at, { ...shape, activation: "relu6" }, partsIn(name));
    blocks.push({ name, channels: to, stride, apply });
    from = to;
  }
  const last = scaled(options.last, Math.max(1, options.width));
  const name = `features.${plans.length + 1}`;
  const shape = { from, to: last, size: 1, stride: 1, activation: "relu6" } as const;
  blocks.push({ name, channels: last, apply: normalisedConvolution(at, named(name), shape) });

  const { head: kind, reduction, hidden, dropout: pooledDropout } = options;
  const start = { weight: normal(at.random, 0.01), bias: constant(0) };
  const own = { kind, channels: last, classes, reduction, hidden, dropout: 0, pooledDropout, start };
  const model = assemble(at, { owner, levels: levelsOf(blocks), head: head(at, "classifier.1", own) });
  return { ...model, adapts: { rename: timmNames(namedBlocks(options), name) } };
}

/** Names of the parts of a block: the last convolution has its norm beside it, the others theirs within. */
function partsIn(name: string): (place: number, isLast: boolean) => ConvolutionNames {
  return (place, isLast) =>
    isLast
      ? { convolution: `${name}.conv.${place}`, norm: `${name}.conv.${place + 1}` }
      : named(`${name}.conv.${place}`);
}

/** By stage, as timm counts them. */
function namedBlocks({ depths, expansions }: Required<MobilenetOptions>): readonly (readonly NamedBlock[])[] {
  let place = 0;
  return depths.map((depth, stage) =>
    Array.from({ length: depth }, () => {
      place++;
      return { isWide: expansions[stage] !== 1, parts: partsIn(`features.${place}`) };
    }),
  );
}

/** The blocks of all stages, one after the other. */
function plansOf(options: Required<MobilenetOptions>, scaled: (channels: number) => number): readonly BlockPlan[] {
  const { depths, widths, strides, expansions } = options;
  return depths.flatMap((depth, stage) =>
    Array.from({ length: depth }, (_, index) => ({
      to: scaled(widths[stage] as number),
      stride: index === 0 ? (strides[stage] as number) : 1,
      expansion: expansions[stage] as number,
    })),
  );
}

/** A convolution and its batch norm in a sequence of two. */
function named(name: string): ConvolutionNames {
  return { convolution: `${name}.0`, norm: `${name}.1` };
}

/** A level ends before each block that reduces the sides, and is called as its last block is. */
function levelsOf(blocks: readonly Block[]): readonly TrunkLevel[] {
  const starts = blocks.flatMap(({ stride = 1 }, index) => (index === 0 || stride > 1 ? [index] : []));
  return starts.map((start, level) => {
    const inside = blocks.slice(start, starts[level + 1]);
    // A level has the block that it starts with.
    return { name: (inside.at(-1) as Block).name, blocks: inside };
  });
}
