/** The steps of a run: in the order that the preset's schedule decides, each reported once its losses are read. */
import type { ResolvedConfig } from "../config/config.js";
import { type Steps, sequence } from "../lifecycle/schedule.js";
import type { RunningStage } from "../lifecycle/stage.js";
import type { LateReads } from "../update/late-reads.js";
import type { StepReport } from "../values/records.js";
import type { Preset } from "./preset.js";

/** The stages' steps, in order. A stage that is not enabled takes none. */
export function schedule(preset: Preset, stages: ReadonlyMap<string, RunningStage>, config: ResolvedConfig): Steps {
  const steps = Object.keys(preset.stages).map((name) => {
    const stage = stages.get(name);
    return [name, { [Symbol.asyncIterator]: () => stage?.steps() ?? sequence() }] as const;
  });
  if (!preset.schedule) return sequence(...steps.map(([, stage]) => stage));
  return preset.schedule(Object.fromEntries(steps), config.stages);
}

/** The reports of steps that were taken here. One whose losses are not read yet is kept back until the next step has read them. */
export async function* onceRead(
  steps: AsyncIterator<StepReport>,
  reads: LateReads,
): AsyncGenerator<StepReport, void, undefined> {
  let late: StepReport | undefined;
  try {
    for (let next = await steps.next(); !next.done; next = await steps.next()) {
      const report = next.value;
      if (report.replayed) continue;
      const before = late;
      late = report;
      if (before) yield before;
      if (reads.isPending) continue;
      late = undefined;
      yield report;
    }
    await reads.settle();
  } catch (error) {
    // It may have been read before another step failed.
    if (late && Object.keys(late.losses).length > 0) yield late;
    throw error;
  }
  if (late) yield late;
}
