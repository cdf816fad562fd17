/** Whether a file is of a model's kind, without a single value read or drawn. */
import { FgkdError } from "../values/errors.js";
import type { Model } from "./model.js";
import { withoutValues } from "./parameters.js";
import { planWeights } from "./weights-plan.js";

/**
 * Whether a file of weights has what a model needs and nothing else, by names and shapes; a classifier for other classes, or
 * none, is no difference.
 *
 * @param create makes the model, or throws where that takes more than its name; its weights are neither drawn nor read
 */
export function fitsModel(file: string, create: () => Model): boolean {
  try {
    const model = withoutValues(create);
    try {
      return planWeights("student", model, file, {}).unused.length === 0;
    } finally {
      model.parameters.dispose();
    }
  } catch (cause) {
    if (cause instanceof FgkdError) return false;
    throw cause;
  }
}
