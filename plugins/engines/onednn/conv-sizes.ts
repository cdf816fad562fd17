/** What tells one convolution from another. */
import type * as tf from "@tensorflow/tfjs";

export type ConvKind = "forward" | "inputGradient" | "filterGradient";

export interface ConvSizes {
  readonly info: tf.backend_util.Conv2DInfo;
  readonly kind: ConvKind;
  readonly groups: number;
  readonly bias: boolean;
  readonly activation: "linear" | "relu" | "relu6";
}
