import * as tf from "@tensorflow/tfjs";
import { createTraining } from "../../../../core/index.js";
import { crossEntropy } from "../../../../plugins/index.js";

await tf.setBackend("cpu");
const { hooks } = createTraining({ plugins: [crossEntropy()] });
const outputs = { logits: tf.tensor2d([[2, 0, 0]]) };
const batch = { labels: tf.tensor2d([[1, 0, 0]]) };
const terms = hooks.loss.call({}, outputs, batch, { epoch: 0, index: 0, progress: 0 });
console.log(Object.keys(terms), terms.crossEntropy?.dataSync()[0]?.toFixed(4));