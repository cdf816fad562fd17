/** The VGG network itself. */
import type { FactoryContext, Model, WeightsAdapter } from "../../core/index.js";
import { maxPool } from "../../core/ops/index.js";
import { type Construction, construct } from "../layers/construction.js";
import { convolution, normalisedConvolution } from "../layers/convolution.js";
import { head } from "../layers/heads.js";
import { assemble, type Block, type TrunkLevel } from "../layers/trunk.js";
import { classCount } from "./common.js";
import type { VggOptions } from "./vgg-options.js";

/**
 * Builds the network with weights from `context.stream` and one logit for each of `context.classes`.
 *
 * @throws FGKD_INVALID_OPTION, FGKD_MISSING_FIELD (no classes)
 */
export function createVgg(owner: string, options: Required<VggOptions>, context: FactoryContext): Model {
  const { depths, widths, head: kind, batchNorm: normalised, ...shape } = options;
  const classes = classCount(owner, context);
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
  const own = head(at, "fc", { ...shape, kind, channels: from, classes });
  return assemble(at, { owner, levels, head: own, adapts: kind === "vgg" ? timmAdapter : undefined });
}

const timmNames = { "pre_logits.fc1": "classifier.0", "pre_logits.fc2": "classifier.3", "head.fc": "classifier.6" };

/** Timm has the hidden layers as convolutions: the same numbers in the same order. */
const timmAdapter: WeightsAdapter = {
  rename: (name) => {
    const theirs = Object.entries(timmNames).find(([prefix]) => name.startsWith(`${prefix}.`));
    return theirs ? theirs[1] + name.slice(theirs[0].length) : name;
  },
  reshape: (name, shape, wanted) => {
    const [rows, ...columns] = shape;
    const isSame = rows === wanted[0] && columns.reduce((product, side) => product * side, 1) === wanted[1];
    if (!/^classifier\.[03]\.weight$/.test(name) || shape.length !== 4 || !isSame) return undefined;
    return ({ data }) => ({ shape: wanted, data });
  },
};

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
