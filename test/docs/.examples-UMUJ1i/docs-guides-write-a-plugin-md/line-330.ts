import * as tf from "@tensorflow/tfjs";
import { createTraining, definePlugin, type Gradients } from "../../../../core/index.js";

/** @see "Gradient Centralization: A New Optimization Technique for Deep Neural Networks", 2020 */
const gradientCentralization = definePlugin({
  name: "gradient-centralization",
  defaults: {},
  apply({ hooks }) {
    hooks.gradients.tap("gradient-centralization", (gradients) =>
      Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, centred(gradient)])),
    );
  },
});

/** Each output's gradient with mean 0; frees what it displaces. */
function centred(gradient: tf.Tensor): tf.Tensor {
  if (gradient.rank < 2) return gradient;
  const axes = gradient.shape.map((_, axis) => axis).slice(0, -1);
  const moved = tf.tidy(() => gradient.sub(gradient.mean(axes, true)));
  gradient.dispose();
  return moved;
}

await tf.setBackend("cpu");
const { hooks } = createTraining({ plugins: [gradientCentralization()] });
const given: Gradients = { "fc.weight": tf.tensor2d([[1], [3]]), "fc.bias": tf.tensor1d([5]) };
const applied = await hooks.gradients.promise(given, { epoch: 0, index: 0, progress: 0 });
console.log(Object.entries(applied).map(([name, gradient]) => `${name} ${gradient.dataSync()}`).join(", "));