/** One optimiser step: batch → forward → loss → update. The only code that takes gradients. */
import * as tf from "@tensorflow/tfjs";
import type { Model } from "../models/model.js";
import { readLosses } from "../update/finite.js";
import type { Optimizer } from "../update/optimizer.js";
import { invalidConfig } from "../values/errors.js";
import { type Batch, type LossTerms, release, type Step } from "../values/records.js";
import type { TensorCount } from "../watchdogs/tensor-count.js";
import { describePosition } from "./hooks.js";
import { releaseEarly } from "./release-early.js";
import { type ComposedTraining, storedAuxiliary, type Training } from "./training.js";

/**
 * Takes one step and frees the batch.
 *
 * @param raw as the source made it; the step owns it from here on
 * @param count counts tensors around the step
 * @returns each loss term by name
 * @throws FGKD_PLUGIN_FAILED, FGKD_NOT_FINITE (before any weight has moved), FGKD_TENSOR_LEAK
 */
export async function takeStep(
  training: ComposedTraining,
  model: Model,
  optimizer: Optimizer,
  raw: Batch,
  step: Step,
  learningRate: number,
  count: TensorCount,
): Promise<Readonly<Record<string, number>>> {
  const { activity } = training;
  const where = describePosition(training.stage, step);
  activity.moveTo(where);
  count.begin(raw);
  try {
    const batch = await training.hooks.batch.promise(raw, step);
    const { names, terms, gradients } = activity.during("the gradient", () =>
      differentiate(training, model, batch, step, where),
    );
    const losses = await activity.during("reading the losses", () =>
      readLosses(names, terms, gradients, training.config.watchdogs.gradients, where),
    );
    activity.during("the update", () => optimizer.apply(gradients, learningRate));
    release({ terms, ...gradients });
    release(batch);
    count.end(where);
    return losses;
  } finally {
    count.stop();
  }
}

interface Differentiated {
  readonly names: readonly string[];
  /** `[terms]`, in the order of `names`. */
  readonly terms: tf.Tensor1D;
  /** By the parameter's public name. */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
}

function differentiate(
  training: ComposedTraining,
  model: Model,
  batch: Batch,
  step: Step,
  where: string,
): Differentiated {
  const { hooks, activity } = training;
  const forward = (batch: Batch) => activity.during("the model", () => model.forward(batch, "train", training.wanted));
  const trained = [...trainedBy(training, model)];
  const variables = trained.map(([, variable]) => variable);
  let names: readonly string[] = [];
  let terms: tf.Tensor1D | undefined;
  const { value, grads } = tf.variableGrads(() => {
    const outputs = hooks.forward.call(forward(batch), batch, step);
    const named: LossTerms = hooks.loss.call({}, outputs, batch, step);
    names = Object.keys(named);
    const list = Object.values(named);
    if (list.length === 0)
      throw invalidConfig(where, "no plugin adds a loss term", "List one, such as crossEntropy().");
    // Stacked, so that one read brings all of them to JavaScript; kept, since the tape's scope ends here.
    terms = tf.keep(tf.stack(list.map((term) => term.asScalar())) as tf.Tensor1D);
    const total = tf.addN(list.map((term) => term.asScalar())) as tf.Scalar;
    releaseEarly(total, variables);
    return total;
  }, variables);
  value.dispose();
  const gradients: Record<string, tf.Tensor> = {};
  for (const [name, variable] of trained) {
    const gradient = grads[variable.name];
    if (gradient) gradients[name] = gradient;
  }
  // The tape above has run to its end, so the terms are there.
  return { names, terms: terms as tf.Tensor1D, gradients };
}

/** What a step moves: the stage's model and its auxiliary weights, by names that cannot meet. */
export function trainedBy(training: Pick<Training, "auxiliary">, model: Model): ReadonlyMap<string, tf.Variable> {
  const auxiliary = [...training.auxiliary.trained].map(
    ([name, variable]) => [`${storedAuxiliary}/${name}`, variable] as const,
  );
  return new Map([...model.parameters.trained, ...auxiliary]);
}
