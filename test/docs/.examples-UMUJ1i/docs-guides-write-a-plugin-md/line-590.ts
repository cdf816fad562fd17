import * as tf from "@tensorflow/tfjs";
import { createTraining } from "../../../../core/index.js";
import { gradientError, tensorMatchers, tinyBatch } from "../../../../core/testing/index.js";
import { confidencePenalty } from "./confidence-penalty.js";
import { greyscale } from "./greyscale.js";

await tf.setBackend("cpu");
const step = { epoch: 0, index: 0, progress: 0 };

const { loss } = createTraining({ plugins: [confidencePenalty()] }).hooks;
const term = (logits: tf.Tensor) => loss.call({}, { logits: logits as tf.Tensor2D }, {}, step).confidence as tf.Scalar;
console.log("gradient agrees:", gradientError(term, [tf.tensor2d([[1, 2, 0], [0, -1, 3]])]) < 0.005);

const { batch } = createTraining({ plugins: [greyscale({ probability: 1 })] }).hooks;
const verdict = await tensorMatchers.toLeak(async () => {
  const { images, labels } = await batch.promise(tinyBatch(), step);
  tf.dispose([images ?? [], labels ?? []]);
});
console.log("leaks:", verdict.pass);