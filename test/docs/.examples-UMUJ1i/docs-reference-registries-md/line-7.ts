import * as tf from "@tensorflow/tfjs";
import { type Choice, createTraining, defineLoss, type Losses, need } from "../../../../core/index.js";

interface SquaredErrorOptions {
  /** Multiplies the labels. Default 1. */
  readonly scale?: number;
}

declare module "../../../../core/index.js" {
  interface Losses {
    "squared-error": SquaredErrorOptions;
  }
}

const squaredError = defineLoss<SquaredErrorOptions>({
  name: "squared-error",
  defaults: { scale: 1 },
  needs: () => ({ batch: ["labels"], outputs: ["logits"] }),
  create:
    ({ scale }) =>
    (outputs, batch) => {
      const labels = need(batch, "labels", "squared-error").mul(scale);
      return tf.losses.meanSquaredError(labels, need(outputs, "logits", "squared-error")).asScalar();
    },
});

const choice: Choice<Losses> = { name: "squared-error", scale: 0.5 };
const { losses, chosen } = createTraining({ plugins: [squaredError.registration], config: { losses: [choice] } });
console.log(losses.names, chosen);