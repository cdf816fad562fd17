/** Schedules: in which order the stages of a method take their steps. */
import { invalidConfig } from "../values/errors.js";
import type { StepReport } from "../values/records.js";

/** A stage seen from a schedule: each `next()` is one optimiser step. */
export type Steps = AsyncIterable<StepReport>;

/** One after the other: fine-tune, then distil; member 1, then member 2. */
export async function* sequence(...stages: readonly Steps[]): AsyncGenerator<StepReport, void, undefined> {
  for (const stage of stages) yield* stage;
}

/**
 * In turns: generator once, student five times, and again: adversarial steps, mutual learning. Ends with the first
 * stage that ends.
 */
export async function* alternate(
  ...turns: readonly (readonly [stage: Steps, times: number])[]
): AsyncGenerator<StepReport, void, undefined> {
  for (const [, times] of turns)
    if (!(times >= 1))
      throw invalidConfig(
        "alternate()",
        `a stage has ${times} steps a turn`,
        "Give 1 or more: settings.<stage>.stepsPerTurn.",
      );
  const players = turns.map(([stage, times]) => ({ times, iterator: stage[Symbol.asyncIterator]() }));
  try {
    for (;;)
      for (const { iterator, times } of players)
        for (let taken = 0; taken < times; taken++) {
          const next = await iterator.next();
          if (next.done) return;
          yield next.value;
        }
  } finally {
    await Promise.all(players.map(({ iterator }) => iterator.return?.()));
  }
}
