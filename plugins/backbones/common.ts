/** What several families of networks share: options, and the number of their logits. */
import { z } from "zod";
import { type FactoryContext, missingField } from "../../core/index.js";
import { count, dropRate } from "../layers/option-types.js";

/** Of networks that end in one map, for the schema of their options. */
export const headOptions = {
  head: z.enum(["linear", "squeeze-excite", "max-pool-mlp"]).default("linear").describe("What classifies."),
  reduction: count.default(16).describe("Of the squeeze-excite head: channels per hidden value of the gate."),
  hidden: count.default(512).describe("Of the max-pool-mlp head: values of its hidden layer."),
};

/** Dropout before the classifier. */
export function pooledDropout(usual: number) {
  return dropRate
    .default(usual)
    .describe("Of the heads linear and squeeze-excite: share of pooled values that a training step leaves out.");
}

/** Stochastic depth. */
export const dropPathOption = dropRate
  .default(0)
  .describe(
    "Share of images for which a training step leaves out a block's branch: 0 in the first block, this in the last.",
  );

/**
 * How many classes a backbone is to tell apart.
 *
 * @throws FGKD_MISSING_FIELD (none)
 */
export function classCount(owner: string, { classes }: FactoryContext): number {
  if (classes.length > 0) return classes.length;
  throw missingField(owner, "classes", "Name the data whose classes it shall tell apart.");
}
