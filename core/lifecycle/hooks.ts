/** The lifecycle of a stage: when plugins act. The only importer of tapable. */

import { AsyncSeriesHook, AsyncSeriesWaterfallHook, SyncWaterfallHook } from "tapable";
import type { Gradients } from "../update/gradients.js";
import { pluginFailed } from "../values/errors.js";
import type { Batch, EpochReport, LossTerms, Outputs, Step, Updated } from "../values/records.js";
import type { Activity } from "../watchdogs/activity.js";

/**
 * When plugins act; sync where TensorFlow.js's gradient tape demands it. List order of plugins is tap order.
 *
 * @typeParam Composed what `setup` is handed: the training that has these hooks
 */
export interface Hooks<Composed> {
  /** Once per stage, before the first batch: load weights, build what needs awaiting. */
  readonly setup: AsyncSeriesHook<[Composed]>;
  /** Before each step, OUTSIDE the tape: augment, mix, attach the teacher's logits as data. */
  readonly batch: AsyncSeriesWaterfallHook<[Batch, Step]>;
  /** INSIDE the tape, hence sync: extend what the trained model just computed. */
  readonly forward: SyncWaterfallHook<[Outputs, Batch, Step]>;
  /** INSIDE the tape, hence sync: return the terms so far plus yours. */
  readonly loss: SyncWaterfallHook<[LossTerms, Outputs, Batch, Step]>;
  /**
   * After the gradient, before any weight moves: clip, project, add up over steps, check. A tap owns the gradients that it is
   * given; `notYet` means that no weight moves at this step.
   */
  readonly gradients: AsyncSeriesWaterfallHook<[Gradients, Step]>;
  /** After the weights have moved, once it is known that they moved by finite numbers: average them. */
  readonly update: AsyncSeriesHook<[Updated, Step]>;
  /** After each epoch: log, stop early. */
  readonly epoch: AsyncSeriesHook<[EpochReport]>;
}

/** Empty hooks of one stage; whatever a tap throws names plugin, hook, stage, epoch and step. */
export function createHooks<Composed>(stage: string, activity: Activity): Hooks<Composed> {
  const hooks: Hooks<Composed> = {
    setup: new AsyncSeriesHook(["training"]),
    batch: new AsyncSeriesWaterfallHook(["batch", "step"]),
    forward: new SyncWaterfallHook(["outputs", "batch", "step"]),
    loss: new SyncWaterfallHook(["terms", "outputs", "batch", "step"]),
    gradients: new AsyncSeriesWaterfallHook(["gradients", "step"]),
    update: new AsyncSeriesHook(["updated", "step"]),
    epoch: new AsyncSeriesHook(["report"]),
  };
  for (const name of Object.keys(hooks) as (keyof Hooks<Composed>)[]) nameTaps(hooks[name], name, stage, activity);
  return hooks;
}

/** Where a stage stands, in words: `stage "student", epoch 3, step 41` (counted from 1, as people do). */
export function describePosition(stage: string, position: { readonly epoch?: number; readonly index?: number } = {}) {
  const epoch = position.epoch === undefined ? "" : `, epoch ${position.epoch + 1}`;
  const step = position.index === undefined ? "" : `, step ${position.index + 1}`;
  return `stage "${stage}"${epoch}${step}`;
}

interface Interceptable {
  intercept(interceptor: {
    register: <T extends { readonly name: string; readonly type: string; fn: Function }>(tap: T) => T;
  }): void;
}

function nameTaps(hook: Interceptable, hookName: string, stage: string, activity: Activity): void {
  hook.intercept({
    register: (tap) => {
      const original = tap.fn;
      const fail = (cause: unknown, args: readonly unknown[]) =>
        // A diagnostic of our own already says who and what; only its place is missing.
        pluginFailed(tap.name, hookName, describePosition(stage, positionOf(args)), cause);
      const wrapped = (...args: unknown[]): unknown => {
        try {
          const result = activity.during<unknown>(`hooks.${hookName} of [${tap.name}]`, () => original(...args));
          return result instanceof Promise
            ? result.catch((cause: unknown) => {
                throw fail(cause, args);
              })
            : result;
        } catch (cause) {
          throw fail(cause, args);
        }
      };
      return { ...tap, fn: wrapped };
    },
  });
}

/** The step or report among a tap's arguments: the last one carries the position, in every hook but setup. */
function positionOf(args: readonly unknown[]): { epoch?: number; index?: number } {
  const last = args.at(-1);
  return typeof last === "object" && last !== null && "epoch" in last
    ? (last as { epoch: number; index?: number })
    : {};
}
