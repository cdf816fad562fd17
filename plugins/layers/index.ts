/**
 * What networks are put together from; public as `fgkd/layers`. A layer is declared under a name of a
 * {@link Construction}, which draws its weights, and is a function of `[batch, height, width, channels]` and the mode.
 */
export { type BatchNorm, type BatchNormSettings, batchNorm } from "./batch-norm.js";
export { type Construction, construct, type Layer, tidied, watched } from "./construction.js";
export { type ConvnextBlockShape, convnextBlock } from "./convnext-block.js";
export {
  type ConvolutionNames,
  type ConvolutionShape,
  convolution,
  filter,
  type NormalisedConvolution,
  type NormalisedShape,
  normalisedConvolution,
} from "./convolution.js";
export { dropPath, dropPathRates } from "./drop-path.js";
export { groupNormRelu } from "./group-norm.js";
export { type Head, type HeadKind, type HeadShape, head } from "./heads.js";
export { constant, kaimingNormal, normal, truncatedNormal, uniformByFanIn } from "./initializers.js";
export { type InvertedResidualShape, invertedResidual, scaledChannels } from "./inverted-residual.js";
export { type LayerNorm, layerNorm } from "./layer-norm.js";
export { dropout, type Linear, type LinearStart, linear } from "./linear.js";
export { mlp, projection } from "./mlp.js";
export { type BlockKind, type BlockShape, expansion, residualBlock } from "./residual-blocks.js";
export { type BranchShape, residualBranch } from "./residual-branch.js";
export {
  largestSingularValue,
  spectralTransposedConvolution,
  type TransposedShape,
  transposedConvolution,
} from "./spectral-norm.js";
export { standardisedConvolution } from "./standardised-convolution.js";
export { type TransformerBlockShape, transformerBlock } from "./transformer-block.js";
export { assemble, type Block, endingWith, type NetworkParts, type TrunkLevel } from "./trunk.js";
