import * as tf from "@tensorflow/tfjs";
import { definePlugin, need } from "../../../../core/index.js";

/** Keeps the logits small. */
export const smallLogits = definePlugin<{ readonly weight?: number }>({
  name: "small-logits",
  defaults: { weight: 0.01 },
  apply({ hooks }, { weight }) {
    hooks.loss.tap("small-logits", (terms, outputs) => ({
      ...terms,
      smallLogits: tf.tidy(() => need(outputs, "logits", "small-logits").square().mean().mul(weight).asScalar()),
    }));
  },
});