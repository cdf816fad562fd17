/** What a run is doing at this moment, in words: for messages about leaks and stalls. */

import type { MemoryTrace } from "./memory-trace.js";

/** Kept by the run; plugins do not see it. */
export interface Activity {
  /** What runs: `hooks.batch of [mixup]`, `the model "student"`, … */
  readonly part: string;
  /** Where the run stands: `stage "student", epoch 3, step 41`. */
  readonly position: string;
  /** Once memory grows: what each part keeps. */
  memory: MemoryTrace | undefined;
  /** From now on the run stands there. */
  moveTo(position: string): void;
  /** Does the work under its name; when it is done, also when it is a promise, what ran before has its name back. */
  during<T>(part: string, work: () => T): T;
}

/** @param onChange told whenever what runs, or where, is another */
export function createActivity(onChange: (activity: Activity) => void = () => {}): Activity {
  let part = "the way to the next batch";
  let position = "";
  const enter = (next: string) => {
    part = next;
    onChange(activity);
  };
  const activity: Activity = {
    memory: undefined,
    get part() {
      return part;
    },
    get position() {
      return position;
    },
    moveTo: (next) => {
      position = next;
      onChange(activity);
    },
    during: <T>(name: string, work: () => T): T => {
      const before = part;
      enter(name);
      const end = activity.memory?.begin(name);
      const leave = () => {
        end?.();
        enter(before);
      };
      let waits = false;
      try {
        const result = work();
        if (!(result instanceof Promise)) return result;
        waits = true;
        // A promise of the same value: T is that promise's type.
        return result.finally(leave) as T;
      } finally {
        if (!waits) leave();
      }
    },
  };
  return activity;
}
