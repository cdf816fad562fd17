import * as tf from "@tensorflow/tfjs";
import { definePlugin, need } from "../../../../core/index.js";

const name = "logit-adjustment";

/** @see "Long-Tail Learning via Logit Adjustment", 2021 */
export const logitAdjustment = definePlugin<{ readonly images: readonly number[]; readonly strength?: number }>({
  name,
  // An option that must be given has an empty value here, of its type.
  defaults: { images: [], strength: 1 },
  apply({ hooks }, { images, strength }) {
    const total = images.reduce((sum, count) => sum + count, 0);
    const priors = images.map((count) => strength * Math.log(count / total));
    hooks.forward.tap(name, (outputs) => ({
      ...outputs,
      logits: need(outputs, "logits", name).add<tf.Tensor2D>(tf.tensor1d(priors)),
    }));
  },
});