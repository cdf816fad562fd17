/** The VGG network itself. */
import { type FactoryContext, type Model, missingField } from "../../core/index.js";
import { maxPool } from "../../core/ops/index.js";
import { type Construction, construct } from "../layers/construction.js";
import { convolution, normalisedConvolution } from "../layers/convolution.js";
import { head } from "../layers/heads.js";
import { assemble, type Block, type TrunkLevel } from "../layers/trunk.js";
import type { VggOptions } from "./vgg-options.js";

/**
 * Builds the network with weights from `context.stream` and one logit for each of `context.classes`.
 *
 * @throws FGKD_INVALID_OPTION, FGKD_MISSING_FIELD (no classes)
 */
export function createVgg(owner: string, options: Required<VggOptions>, context: FactoryContext): Model {
  const { depths, widths, head: kind, batchNorm: normalised, ...shape } = options;
  const classes = context.classes.length;
  if (classes === 0) throw missingField(owner, "classes", "Name the data whose classes it shall tell apart.");
  const at = construct(context.stream);
  // Torchvision numbers every layer: convolution, perhaps batch norm, ReLU, and the pool at the end of a level.
  let [number, from] = [0, 3];
  const levels = depths.map((depth, level): TrunkLevel => {
    const to = widths[level] as number;
    const convolutions = Array.from({ length: depth }, () => {
      const block = convolutionBlock(at, number, from, to, normalised);
      number += normalised ? 3 : 2;
      from = to;
      return block;
    });
    const name = `features.${number++}`;
    const apply: Block["apply"] = (x) => maxPool(x, { size: 2, stride: 2, padding: 0 });
    const pool: Block = { name, channels: to, stride: 2, weights: [], apply };
    return { name, blocks: [...convolutions, pool] };
  });
  return assemble(at, { owner, levels, head: head(at, "fc", { ...shape, kind, channels: from, classes }) });
}

/** A 3×3 convolution with bias, perhaps batch norm, and ReLU, by whose number its map is called. */
function convolutionBlock(at: Construction, number: number, from: number, to: number, normalised: boolean): Block {
  const layer = `features.${number}`;
  const shape = { from, to, size: 3, stride: 1 };
  const weights = [`${layer}.`, ...(normalised ? [`features.${number + 1}.`] : [])];
  if (!normalised)
    return { name: `features.${number + 1}`, channels: to, weights, apply: convolution(at, layer, shape) };
  const names = { convolution: layer, norm: `features.${number + 1}` };
  const apply = normalisedConvolution(at, names, { ...shape, bias: true, relu: true });
  return { name: `features.${number + 2}`, channels: to, weights, apply };
}
