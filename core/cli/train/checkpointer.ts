/** Keeps a run safe while it goes: epochs to the metrics, checkpoints when they are due, the folder in view. */
import {
  type CheckpointSettings,
  folderVanished,
  type Run,
  type RunFolder,
  type Spent,
  type SpentByStage,
  type StepReport,
  type UsedEngine,
} from "../../index.js";

export interface Checkpointer {
  /** Over all sittings. */
  readonly spent: SpentByStage;
  /**
   * After each step.
   *
   * @param seconds since the report before
   * @throws FGKD_STORAGE, FGKD_RUN_LOCKED
   */
  step(report: StepReport, seconds: number): Promise<void>;
  /** Brings the state as it is now to the disk, and waits for it. */
  stop(): Promise<void>;
}

/** @param before what earlier sittings took */
export function createCheckpointer(
  run: Run,
  folder: RunFolder,
  engine: UsedEngine,
  before: SpentByStage,
): Checkpointer {
  const spent: Record<string, Spent> = { ...before };
  const { checkpoints } = run.config.run;
  let since = { steps: 0, seconds: 0 };
  let due = false;
  let saved = false;

  const save = async (ended?: StepReport["epoch"]) => {
    await folder.checkpoint(run, spent, ended);
    since = { steps: 0, seconds: 0 };
    due = false;
    saved = true;
  };
  const guard = async () => {
    if (folder.isThere) folder.check();
    else if (await folder.recover(run, engine, spent)) throw folderVanished(folder.path);
    else {
      // What was on its way to the disk may not have come there.
      due = true;
      saved = false;
    }
  };
  /** The folder may go between two looks: then that is what is told, not the first file that could not be written. */
  const keep = async (work: () => unknown) => {
    try {
      await work();
    } catch (error) {
      if (folder.isThere) throw error;
      await guard();
      await work();
    }
  };
  return {
    spent,
    step: async ({ stage, images, epoch, ended }, seconds) => {
      const { seconds: s = 0, images: i = 0 } = spent[stage] ?? {};
      spent[stage] = { seconds: s + seconds, images: i + images };
      since = { steps: since.steps + 1, seconds: since.seconds + seconds };
      saved = false;
      await guard();
      due ||= epoch !== undefined || isDue(checkpoints, since);
      // An epoch is kept as it was at its end, whatever comes next; any other checkpoint can wait for the one before.
      if (due && (!folder.busy || epoch)) await keep(() => save(epoch));
      if (epoch) await keep(() => folder.recordEpoch(epoch));
      if (ended) await keep(() => folder.exportStage(run, stage));
    },
    stop: async () => {
      await guard();
      if (!saved) await save();
      await folder.settle();
    },
  };
}

function isDue({ steps, minutes }: CheckpointSettings, since: { readonly steps: number; readonly seconds: number }) {
  return (steps !== null && since.steps >= steps) || (minutes !== null && since.seconds >= 60 * minutes);
}
