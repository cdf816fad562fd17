/** EfficientNet itself. */
import type { FactoryContext, Initializer, Model, Random } from "../../core/index.js";
import { construct } from "../layers/construction.js";
import { type ConvolutionNames, normalisedConvolution } from "../layers/convolution.js";
import { head } from "../layers/heads.js";
import { constant, uniformByFanIn } from "../layers/initializers.js";
import { invertedResidual, scaledChannels } from "../layers/inverted-residual.js";
import { assemble, type Block, type TrunkLevel } from "../layers/trunk.js";
import { classCount } from "./common.js";
import type { EfficientnetOptions } from "./efficientnet-options.js";
import { type NamedBlock, timmNames } from "./timm-names.js";

/**
 * Builds the network with weights from `context.stream` and one logit for each of `context.classes`.
 *
 * @throws FGKD_MISSING_FIELD (no classes)
 */
export function createEfficientnet(
  owner: string,
  options: Required<EfficientnetOptions>,
  context: FactoryContext,
): Model {
  const { depths, widths, strides, expansions, kernels, stem } = options;
  const classes = classCount(owner, context);
  const at = construct(context.stream);
  const total = depths.reduce((sum, depth) => sum + depth, 0);
  const convolve = (name: string, from: number, to: number, size: number, stride: number): Block => ({
    name,
    channels: to,
    stride,
    apply: normalisedConvolution(at, named(name), { from, to, size, stride, activation: "silu" }),
  });

  const levels: TrunkLevel[] = [{ name: "features.0", blocks: [convolve("features.0", 3, stem, 3, 2)] }];
  let [from, place] = [stem, 0];
  for (const [stage, depth] of depths.entries()) {
    const [to, size, expansion] = [widths, kernels, expansions].map((list) => list[stage]) as [number, number, number];
    const blocks = Array.from({ length: depth }, (_, index): Block => {
      const name = `features.${stage + 1}.${index}`;
      const stride = index === 0 ? (strides[stage] as number) : 1;
      const shape = {
        from,
        inner: scaledChannels(from, expansion),
        to,
        size,
        stride,
        squeezed: Math.max(1, Math.floor(from / 4)),
        dropPath: (options.dropPath * place++) / total,
      };
      from = to;
      const { parts, gate } = namesIn(name);
      const apply = invertedResidual(at, { ...shape, activation: "silu" }, parts, gate);
      return { name, channels: to, stride, apply };
    });
    levels.push({ name: `features.${stage + 1}`, blocks });
  }
  const last = from * 4;
  const name = `features.${depths.length + 1}`;
  levels.push({ name, blocks: [convolve(name, from, last, 1, 1)] });

  const { head: kind, reduction, hidden, dropout: pooledDropout } = options;
  const start = { weight: uniformByFanOut(at.random), bias: constant(0) };
  const own = { kind, channels: last, classes, reduction, hidden, dropout: 0, pooledDropout, start };
  const model = assemble(at, { owner, levels: reducing(levels), head: head(at, "classifier.1", own) });
  return { ...model, adapts: { rename: timmNames(namedBlocks(options), name) } };
}

/** Names of the parts of a block. */
function namesIn(name: string): Pick<Required<NamedBlock>, "parts" | "gate"> {
  const gate = (place: number) => `${name}.block.${place}`;
  return { gate, parts: (place) => named(gate(place)) };
}

/** By stage, as timm counts them. */
function namedBlocks({ depths, expansions }: Required<EfficientnetOptions>): readonly (readonly NamedBlock[])[] {
  return depths.map((depth, stage) =>
    Array.from({ length: depth }, (_, index) => ({
      isWide: expansions[stage] !== 1,
      ...namesIn(`features.${stage + 1}.${index}`),
    })),
  );
}

/** A convolution and its batch norm in a sequence of two. */
function named(name: string): ConvolutionNames {
  return { convolution: `${name}.0`, norm: `${name}.1` };
}

/** A level goes on in the next stage where that does not reduce the sides. */
function reducing(levels: readonly TrunkLevel[]): readonly TrunkLevel[] {
  return levels.map((level, place) => {
    const next = levels[place + 1]?.blocks[0]?.stride;
    return { ...level, ends: next !== 1 };
  });
}

/** Uniform within `±1/√out`, of `[in, out]`. */
function uniformByFanOut(random: Random): Initializer {
  return (shape) => uniformByFanIn(random, shape[1] as number)(shape);
}
