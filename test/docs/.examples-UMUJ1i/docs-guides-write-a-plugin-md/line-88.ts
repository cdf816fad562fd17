import * as tf from "@tensorflow/tfjs";
import { createTraining } from "../../../../core/index.js";
import { confidencePenalty } from "./confidence-penalty.js";

await tf.setBackend("cpu");
const { hooks } = createTraining({ plugins: [confidencePenalty({ weight: 1 })] });
const step = { epoch: 0, index: 0, progress: 0 };
const unsure = hooks.loss.call({}, { logits: tf.tensor2d([[0, 0]]) }, {}, step);
console.log(unsure.confidence?.dataSync()[0]?.toFixed(3));