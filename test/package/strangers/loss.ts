/** A loss that configuration chooses by name. */
import * as tf from "@tensorflow/tfjs";
import { defineLoss, need } from "fgkd";

export interface FocalOptions {
  /** How much less a confident prediction counts; 0 is plain cross-entropy. Default 2. */
  readonly gamma?: number;
}

declare module "fgkd" {
  interface Losses {
    focal: FocalOptions;
  }
}

/** @see "Focal Loss for Dense Object Detection", 2017 */
export const focal = defineLoss<FocalOptions>({
  name: "focal",
  defaults: { gamma: 2 },
  needs: () => ({ batch: ["labels"], outputs: ["logits"] }),
  create:
    ({ gamma }) =>
    (outputs, batch) => {
      const logs = tf
        .logSoftmax(need(outputs, "logits", "focal"))
        .mul(need(batch, "labels", "focal"))
        .sum(-1);
      const missing = tf.sub(1, logs.exp()).pow(gamma);
      return logs.mul(missing).mean().neg().asScalar();
    },
});
