/** Convolutions whose filters are standardised on every pass. */
import type * as tf from "@tensorflow/tfjs";
import { conv2d, isRecording, standardizedFilter } from "../../core/ops/index.js";
import { type Construction, type Layer, tidied } from "./construction.js";
import { type ConvolutionShape, filter } from "./convolution.js";

/**
 * A convolution, `<name>.weight`, that uses `(w − mean) / √(variance + 1e-8)` of each output channel's values, without bias.
 * Where no gradient is recorded the filter is standardised once, until it changes.
 *
 * @see "Micro-Batch Training with Batch-Channel Normalization and Weight Standardization", 2019
 */
export function standardisedConvolution(at: Construction, name: string, shape: ConvolutionShape): Layer {
  const { size, stride, padding = size >> 1 } = shape;
  const weights = filter(at, name, shape);
  const kept = at.parameters.derive([weights], () => [standardizedFilter(weights)]);
  return (x) =>
    tidied(at, () => {
      const standardised = isRecording() ? standardizedFilter(weights) : (kept()[0] as tf.Tensor4D);
      return conv2d(x, standardised, { stride, padding });
    });
}
