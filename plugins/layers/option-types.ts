/** Types of options that several families of plugins share, for `describeOptions`. */
import { z } from "zod";

/** Whole, from 1. */
export const count = z.number().int().positive();
/** Of a term of a loss. */
export const weight = z.number().nonnegative();
/** In [0, 1]. */
export const share = z.number().min(0).max(1);
/** Of what a training step leaves out: in [0, 1). */
export const dropRate = z.number().min(0).lt(1);
/** Divides logits before their softmax. */
export const temperature = z.number().positive();
/** The role of a model in a run. */
export const role = z.string().min(1);
/** Whole numbers from 1, at least one of them. */
export const counts = z.array(count).min(1).readonly();

/**
 * A refinement: lists, where they are given, have as many values as there are stages.
 *
 * @param stages how many, or the list that says so
 */
export function oneForEach(stages: number | string, lists: readonly string[]) {
  return (options: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void => {
    const length = typeof stages === "number" ? stages : (options[stages] as readonly number[]).length;
    const wrong = lists.find((name) => Array.isArray(options[name]) && (options[name] as unknown[]).length !== length);
    if (wrong) context.addIssue({ code: "custom", path: [wrong], message: `a list of ${length}, one for each stage` });
  };
}
