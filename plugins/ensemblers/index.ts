/** Ways to merge several models' answers. */
import * as tf from "@tensorflow/tfjs";
import { definePlugin } from "../../core/index.js";

declare module "../../core/index.js" {
  interface Ensemblers {
    /** The mean of the members' logits. */
    "mean-logits": {};
    /** The mean of the members' probabilities. */
    "mean-probabilities": {};
  }
}

/** Registers `mean-logits` and `mean-probabilities`. */
export const ensemblers = definePlugin({
  name: "ensemblers",
  defaults: {},
  apply(training) {
    training.ensemblers.register("mean-logits", { defaults: {}, create: () => meanOf((logits) => logits) });
    training.ensemblers.register("mean-probabilities", {
      defaults: {},
      create: () => meanOf((logits) => logits.softmax()),
    });
  },
});

function meanOf(view: (logits: tf.Tensor2D) => tf.Tensor2D) {
  return (members: readonly tf.Tensor2D[]): tf.Tensor2D =>
    tf.tidy(() => tf.addN(members.map(view)).div(members.length) as tf.Tensor2D);
}
