/** Tensor operations with sound gradients that tfjs lacks; public as `fgkd/ops`. */
export { addRelu, gelu } from "./activations.js";
export type { BatchNormOptions, BatchNormResult } from "./batch-norm.js";
export { batchNormInference, batchNormTraining } from "./batch-norm.js";
export type { ConvolutionOptions } from "./convolution.js";
export { conv2d } from "./convolution.js";
export type { MaxPoolOptions } from "./pooling.js";
export { adaptiveAveragePool, globalAveragePool, globalMaxPool, maxPool } from "./pooling.js";
export { antialiasedResize, resizeMatrix } from "./resize.js";
export type { SgdStepOptions } from "./sgd.js";
export { sgdStep } from "./sgd.js";
export { stopGradient } from "./stop-gradient.js";
export type { TransposedConvolutionOptions } from "./transposed-convolution.js";
export { conv2dTranspose } from "./transposed-convolution.js";
export type { Pooled } from "./unpooling.js";
export { maxPoolForUnpooling, maxUnpool } from "./unpooling.js";
