/** What several models say of a batch, as one answer. */
import * as tf from "@tensorflow/tfjs";
import type { Predict, TestViews } from "../evaluation/test-time.js";
import type { Model, Role } from "../models/model.js";
import type { Ensembler } from "../registries/entry.js";
import { type Batch, need } from "../values/records.js";

/** A model, and who it is in messages. */
export interface NamedModel {
  readonly role: Role;
  readonly model: Model;
}

/**
 * Views are averaged model by model: what an ensembler makes of several need not be logits. Of one model alone, its logits.
 *
 * @param models one at least
 * @param merge of several
 */
export function mergedPrediction(models: readonly NamedModel[], { answer }: TestViews, merge?: Ensembler): Predict {
  const logits = (batch: Batch, { role, model }: NamedModel) =>
    answer((seen) => tf.tidy(() => need({ logits: model.forward(seen, "eval").logits }, "logits", role)))(batch);
  // There is one at least.
  if (!merge) return (batch) => logits(batch, models[0] as NamedModel);
  return (batch) => merge(models.map((member) => logits(batch, member)));
}
