/** `fgkd train --dry-run`: two steps of every stage at the real settings, a test, a checkpoint, an export; nothing is kept. */
import { mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  type Config,
  checkRun,
  createRun,
  createRunFolder,
  type Logger,
  type Pass,
  type Plugin,
  pathProblem,
  presetLayers,
  type Run,
  type RunFolder,
  resolveConfig,
  type Source,
  sequence,
  startChosenEngine,
} from "../../index.js";
import type { TrainArguments } from "../arguments.js";
import { type Environment, lineLogger, print, type Stop } from "../environment.js";
import { shownHub } from "../terminal/fetching.js";
import { type ChosenRun, chooseRun } from "./choose-run.js";
import { checkPlace } from "./new-folder.js";
import { roughly, secondsOf, workOf } from "./run-time.js";

/** Steps of each stage: the first also makes networks and compiles kernels, so that the second is timed. */
const steps = 2;

/** @returns the exit code */
export async function dryRun(given: TrainArguments, environment: Environment): Promise<number> {
  const beside = checkPlace(given.out, environment.cwd);
  const chosen = await chooseRun(given, environment);
  chosen.teacher?.keep();
  const whole = new Map<string, Source>();
  const pace = new Map<string, number>();
  const logger = lineLogger(environment);
  const run = await createTrial(chosen, logger, pace, whole, environment);
  let place: string | undefined;
  let folder: RunFolder | undefined;
  try {
    const engine = await startChosenEngine(run.config.run.engine, run.engines);
    run.check();
    place = temporary(beside);
    folder = await createRunFolder(join(place, "run"), chosen.request, run);
    folder.writeManifest(run, engine, {});
    const stop = await tryStages(run, folder, environment);
    if (stop) return stop.exitCode;
    tellSpace(run, folder, place, logger);
    await folder.finish(run);
    const titles = run.stages.map(({ stage }) => run.preset.stages[stage]?.title ?? stage);
    const seconds = secondsOf(
      workOf(run, (stage) => whole.get(stage) as Source),
      pace,
    );
    print(
      environment,
      `Dry run on ${engine.name}: ${steps} steps of ${titles.join(", ")}, with tests, checkpoint and export, went through. The whole run will take ${roughly(seconds)}. Nothing was kept.`,
    );
    return 0;
  } finally {
    await folder?.settle().catch(() => {});
    await folder?.close();
    if (place !== undefined) rmSync(place, { recursive: true, force: true });
    await run.close();
  }
}

/** A folder on the disk that the run will be on: only there it shows whether that can be written. @throws FGKD_PATH */
function temporary(beside: string): string {
  try {
    return mkdtempSync(join(beside, ".fgkd-dry-run-"));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw pathProblem(beside, `cannot be written (${code})`, "Choose a folder with --out.");
  }
}

/** The run, of whose data each stage sees two batches, and which ends each stage after them. */
async function createTrial(
  chosen: ChosenRun,
  logger: Logger,
  pace: Map<string, number>,
  whole: Map<string, Source>,
  environment: Environment,
): Promise<Run> {
  const { plugins, layers } = chosen;
  checkRun(chosen);
  // One stage after the other, whatever the schedule: in turns, one that ends would end them all. That one uses what another trains later
  // was looked at above, and needs a schedule. The options have done their part.
  const { schedule, configure: _, ...preset } = chosen.preset;
  return createRun({
    preset: { ...preset, ...(schedule && { schedule: (steps) => sequence(...Object.values(steps)) }) },
    layers: [...layers, { origin: "--dry-run", config: { stages: tested(chosen) } }],
    plugins: [...plugins, twoSteps(pace, environment.now)],
    logger,
    hub: shownHub(environment, logger, false),
    seen: (source, stage) => {
      whole.set(stage, source);
      return few(source);
    },
  });
}

/** Settings that have the first epoch tested, of every stage that is tested at all. */
function tested({ preset, layers }: ChosenRun): NonNullable<Config["stages"]> {
  const { stages } = resolveConfig(Object.keys(preset.stages), [...presetLayers(preset), ...layers]);
  const is = Object.entries(stages).filter(([, { evaluation }]) => evaluation.every > 0);
  return Object.fromEntries(is.map(([stage]) => [stage, { evaluation: { every: 1 } }]));
}

/** Times the way from one gradient to the next, and ends a stage with its first epoch. */
function twoSteps(pace: Map<string, number>, now: () => number): Plugin {
  return {
    name: "dry-run",
    apply: ({ hooks, stage }) => {
      let before: number | undefined;
      hooks.gradients.tap("dry-run", (gradients) => {
        const at = now();
        if (before !== undefined) pace.set(stage, (at - before) / 1000);
        before = at;
        return gradients;
      });
      hooks.epoch.tap("dry-run", ({ stop }) => stop());
    },
  };
}

/** Two batches to train on, and one to test on. */
function few(source: Source): Source {
  const most = ({ split, mode }: Pick<Pass, "split" | "mode">) => (split === "train" && mode === "train" ? steps : 1);
  return {
    ...source,
    batchCount: (pass) => Math.min(most(pass), source.batchCount(pass)),
    async *batches(pass) {
      let left = most(pass) - pass.skip;
      if (left <= 0) return;
      for await (const batch of source.batches(pass)) {
        yield batch;
        left -= 1;
        if (left === 0) return;
      }
    },
  };
}

/** @returns how the user asked to stop */
async function tryStages(run: Run, folder: RunFolder, environment: Environment): Promise<Stop | undefined> {
  let asked: Stop | undefined;
  const stopListening = environment.onStop((stop) => {
    asked = stop;
  });
  try {
    for await (const { stage, epoch } of run.steps()) {
      await setImmediate();
      if (asked) return asked;
      if (!epoch) continue;
      lineLogger(environment).info(`${run.preset.stages[stage]?.title ?? stage}: went through`);
      folder.recordEpoch(epoch);
      await folder.checkpoint(run, {}, epoch);
      await folder.settle();
    }
    return undefined;
  } finally {
    stopListening();
  }
}

/** A disk that is too small for the checkpoints would be told on day three. */
function tellSpace(run: Run, folder: RunFolder, place: string, logger: Logger): void {
  const checkpoints = join(folder.path, "checkpoints");
  const sizes = readdirSync(checkpoints).map((name) => statSync(join(checkpoints, name)).size);
  // The newest ones, one on its way, and the best of each stage.
  const needed = Math.max(0, ...sizes) * (run.config.run.checkpoints.keep + 1 + run.stages.length);
  const { bavail, bsize } = statfsSync(place);
  if (bavail * bsize < needed)
    logger.warn(
      `${place} has ${mebibytes(bavail * bsize)} MiB left, and checkpoints may take ${mebibytes(needed)}: make room, or set checkpoints.keep to 1.`,
    );
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
