/** Watches that a step leaves as many tensors as it found. */
import * as tf from "@tensorflow/tfjs";
import { tensorLeak } from "../values/errors.js";
import type { Logger } from "../values/logger.js";
import { type Batch, tensorsOf } from "../values/records.js";
import type { Activity } from "./activity.js";
import { type TensorTrace, traceTensors } from "./tensor-trace.js";

/** Counts before and after each step of a stage. */
export interface TensorCount {
  /** @param raw the batch that the step will free */
  begin(raw: Batch): void;
  /** @throws FGKD_TENSOR_LEAK naming who did it, the second time that a step does not leave what it found */
  end(where: string): void;
  /** After a step, however it ended. */
  stop(): void;
}

/**
 * A count costs next to nothing; finding out who made a tensor costs more, and so is done only once a step has left
 * some: a warning then, an error when it happens again.
 */
export function countTensors(activity: Activity, logger: Logger): TensorCount {
  let before = 0;
  let isSuspicious = false;
  let trace: TensorTrace | undefined;
  return {
    begin: (raw) => {
      const owned = tensorsOf(raw);
      before = tensorsAlive() - owned.length;
      if (isSuspicious) trace = traceTensors(activity, owned);
    },
    end: (where) => {
      const growth = tensorsAlive() - before;
      if (growth === 0) return;
      if (trace) throw tensorLeak(growth, where, growth > 0 ? trace.left() : trace.freed());
      isSuspicious = true;
      const difference = growth > 0 ? `${growth} more` : `${-growth} fewer`;
      logger.warn(
        `tensors: ${difference} than before in ${where}. From now on every step is traced; the next to do so ends the run.`,
      );
    },
    stop: () => {
      trace?.stop();
      trace = undefined;
    },
  };
}

/** Watches nothing. */
export const noTensorCount: TensorCount = { begin: () => {}, end: () => {}, stop: () => {} };

/** Variables apart: a model that is built at first use is no leak. */
export function tensorsAlive(): number {
  return tf.memory().numTensors - Object.keys(tf.engine().state.registeredVariables).length;
}
