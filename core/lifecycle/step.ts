/** One step: batch → forward → loss → gradients → update. The only code that takes gradients. */
import * as tf from "@tensorflow/tfjs";
import type { Model } from "../models/model.js";
import { hasQueue } from "../ops/engine.js";
import { differentiatedBy } from "../passes/differentiated.js";
import { releaseEarly } from "../passes/release-early.js";
import type { WorkingUpdate } from "../update/chosen.js";
import { type Computed, readLosses } from "../update/finite.js";
import { isReady, notYet } from "../update/gradients.js";
import type { LateReads } from "../update/late-reads.js";
import { divided } from "../update/loss-scaling.js";
import { invalidConfig } from "../values/errors.js";
import { type Batch, type LossTerms, release, type Step } from "../values/records.js";
import type { TensorCount } from "../watchdogs/tensor-count.js";
import { describePosition } from "./hooks.js";
import { type ComposedTraining, storedAuxiliary, type Training } from "./training.js";

/** What a stage takes its steps with. */
export interface Stepping extends WorkingUpdate {
  readonly training: ComposedTraining;
  readonly model: Model;
  /** Counts tensors around the step. */
  readonly count: TensorCount;
  readonly reads: LateReads;
}

/**
 * Takes one step and frees the batch. On a device with a queue, what the step before computed is read once the gradient of
 * this one is asked for; everywhere else, and always before a weight moves by it, at once.
 *
 * @param raw as the source made it; the step owns it from here on
 * @param note told each loss term by name, when they are read
 * @throws FGKD_PLUGIN_FAILED, FGKD_NOT_FINITE (with the weights of before the step that it names), FGKD_TENSOR_LEAK
 */
export async function takeStep(
  { training, model, optimizer, trainedIn, count, reads }: Stepping,
  raw: Batch,
  step: Step,
  learningRate: number,
  note: (losses: Readonly<Record<string, number>>) => void,
): Promise<void> {
  const { activity, hooks, config, scaling } = training;
  const where = describePosition(training.stage, step);
  activity.moveTo(where);
  count.begin(raw);
  try {
    const batch = await hooks.batch.promise(raw, step);
    const computed = activity.during("the gradient", () =>
      differentiate({ training, model, trained: trainedIn(step.epoch) }, batch, step, where),
    );
    await settle(training, reads);
    // Of scaled losses it is not known whether the update may be made.
    const isLate = hasQueue() && !scaling;
    const checked = config.watchdogs.gradients || scaling !== undefined;
    const losses = readLosses(computed, checked, where, isLate, scaling?.overflowed);
    if (isLate) losses.catch(() => {});
    else note(await activity.during("reading the losses", () => losses));
    const isSkipped = scaling?.passed() === false;
    if (isSkipped) release(computed.gradients);
    const gradients = isSkipped ? notYet : await hooks.gradients.promise(computed.gradients, step);
    const moves = isReady(gradients);
    const held = isLate && moves ? optimizer.hold() : undefined;
    if (moves) activity.during("the update", () => optimizer.apply(gradients, learningRate));
    release({ terms: computed.terms, ...gradients });
    release(batch);
    const updated = { count: optimizer.count, learningRate };
    const tell = async () => {
      if (moves) await hooks.update.promise(updated, step);
    };
    if (isLate) reads.add({ losses, held, note, tell });
    else await tell();
    count.end(where);
  } finally {
    count.stop();
  }
}

/** Waits for what the step before left to be read, on any stage of the run. @throws FGKD_NOT_FINITE */
export function settle({ activity }: ComposedTraining, reads: LateReads): Promise<void> {
  return activity.during("reading the losses", () => reads.settle());
}

function differentiate(
  { training, model, trained }: Pick<Stepping, "training" | "model"> & { trained: ReadonlyMap<string, tf.Variable> },
  batch: Batch,
  step: Step,
  where: string,
): Computed {
  const { hooks, activity, scaling } = training;
  const factor = scaling?.factor ?? 1;
  const forward = (batch: Batch) => activity.during("the model", () => model.forward(batch, "train", training.wanted));
  const variables = [...trained.values()];
  let names: readonly string[] = [];
  let terms: tf.Tensor1D | undefined;
  const compute = () => {
    const outputs = hooks.forward.call(forward(batch), batch, step);
    const named: LossTerms = hooks.loss.call({}, outputs, batch, step);
    names = Object.keys(named);
    const list = Object.values(named);
    if (list.length === 0)
      throw invalidConfig(where, "no plugin adds a loss term", "List one, such as crossEntropy().");
    // Stacked, so that one read brings all of them to JavaScript; kept, since the tape's scope ends here.
    terms = tf.keep(tf.stack(list.map((term) => term.asScalar())) as tf.Tensor1D);
    const [first, ...others] = list.map((term) => term.asScalar());
    const total = (others.length === 0 ? first : tf.addN([first as tf.Scalar, ...others])) as tf.Scalar;
    const scaled = factor === 1 ? total : total.mul<tf.Scalar>(factor);
    releaseEarly(scaled, variables);
    return scaled;
  };
  const { value, grads } = differentiatedBy(variables, () => tf.variableGrads(compute, variables));
  value.dispose();
  const gradients: Record<string, tf.Tensor> = {};
  for (const [name, variable] of trained) {
    const gradient = grads[variable.name];
    if (gradient) gradients[name] = divided(gradient, factor);
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
