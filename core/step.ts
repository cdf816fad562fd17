/** One optimiser step: batch → forward → loss → update. The only code that takes gradients. */
import * as tf from "@tensorflow/tfjs";
import { invalidConfig, notFinite, tensorLeak } from "./errors.js";
import { describePosition } from "./hooks.js";
import type { Model } from "./model.js";
import type { Optimizer } from "./optimizer.js";
import type { Training } from "./training.js";
import { type Batch, type LossTerms, release, type Step, tensorsOf } from "./types.js";

/**
 * Takes one step and frees the batch.
 *
 * @param raw as the source made it; the step owns it from here on
 * @returns each loss term by name
 * @throws FGKD_PLUGIN_FAILED, FGKD_NOT_FINITE (before any weight has moved), FGKD_TENSOR_LEAK
 */
export async function takeStep(
  training: Training,
  model: Model,
  optimizer: Optimizer,
  raw: Batch,
  step: Step,
  learningRate: number,
): Promise<Readonly<Record<string, number>>> {
  const where = describePosition(training.stage, step);
  const before = countTensors() - tensorsOf(raw).length;
  const batch = await training.hooks.batch.promise(raw, step);
  const { names, terms, gradients } = differentiate(training, model, batch, step, where);
  const values = await terms.data();
  const losses = Object.fromEntries(names.map((name, index) => [name, values[index] as number]));
  for (const [name, value] of Object.entries(losses)) if (!Number.isFinite(value)) throw notFinite(name, value, where);
  optimizer.apply(gradients, learningRate);
  release({ terms, ...gradients });
  release(batch);
  const growth = countTensors() - before;
  if (growth !== 0) throw tensorLeak(growth, where);
  return losses;
}

interface Differentiated {
  readonly names: readonly string[];
  /** `[terms]`, in the order of `names`. */
  readonly terms: tf.Tensor1D;
  /** By the parameter's public name. */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
}

function differentiate(training: Training, model: Model, batch: Batch, step: Step, where: string): Differentiated {
  const { hooks } = training;
  const trained = [...trainedBy(training, model)];
  let names: readonly string[] = [];
  let terms: tf.Tensor1D | undefined;
  const { value, grads } = tf.variableGrads(
    () => {
      const outputs = hooks.forward.call(model.forward(batch, "train"), batch, step);
      const named: LossTerms = hooks.loss.call({}, outputs, batch, step);
      names = Object.keys(named);
      const list = Object.values(named);
      if (list.length === 0)
        throw invalidConfig(where, "no plugin adds a loss term", "List one, such as crossEntropy().");
      // Stacked, so that one read brings all of them to JavaScript; kept, since the tape's scope ends here.
      terms = tf.keep(tf.stack(list.map((term) => term.asScalar())) as tf.Tensor1D);
      return tf.addN(list.map((term) => term.asScalar())) as tf.Scalar;
    },
    trained.map(([, variable]) => variable),
  );
  value.dispose();
  const gradients: Record<string, tf.Tensor> = {};
  for (const [name, variable] of trained) {
    const gradient = grads[variable.name];
    if (gradient) gradients[name] = gradient;
  }
  // The tape above has run to its end, so the terms are there.
  return { names, terms: terms as tf.Tensor1D, gradients };
}

/** Tensors alive, variables apart: a model built at first use is no leak. */
function countTensors(): number {
  return tf.memory().numTensors - Object.keys(tf.engine().state.registeredVariables).length;
}

/** What a step moves: the stage's model and its helpers, by names that cannot meet. */
export function trainedBy(training: Pick<Training, "helpers">, model: Model): ReadonlyMap<string, tf.Variable> {
  const helpers = [...training.helpers.trained].map(([name, variable]) => [`helpers/${name}`, variable] as const);
  return new Map([...model.parameters.trained, ...helpers]);
}
