/** What a model answers, beside which what is exported of it is set. */
import type * as tf from "@tensorflow/tfjs";
import type { Model } from "../models/model.js";
import { type Batch, need } from "../values/records.js";

/** `[batch, classes]`; what else it computes belongs to the tidy around. */
export function logitsOf(model: Model, batch: Batch): tf.Tensor2D {
  return need({ logits: model.forward(batch, "eval").logits }, "logits", "export");
}

/** The numbers of a tensor, which is freed. */
export async function taken(tensor: tf.Tensor): Promise<Float32Array> {
  const values = Float32Array.from(await tensor.data());
  tensor.dispose();
  return values;
}
