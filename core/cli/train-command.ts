/** `fgkd train`: trains a preset, shows how it goes, and leaves a run folder. */

import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  countIn,
  createRun,
  createRunFolder,
  engineOf,
  type Logger,
  openRunFolder,
  type Restored,
  type Run,
  type RunFolder,
  type SpentByStage,
  summarize,
  version,
} from "../index.js";
import type { TrainArguments } from "./arguments.js";
import { type Checkpointer, createCheckpointer } from "./checkpointer.js";
import { type ChosenRun, chooseAgain, chooseRun } from "./choose-run.js";
import { createDisplay } from "./display.js";
import { startEngine } from "./engine.js";
import { colorsOf, type Environment, lineLogger, print, type Stop } from "./environment.js";
import { withLastGood } from "./last-good.js";
import { resultTable } from "./result-table.js";
import { newRunPlace, runToResume, shortPath } from "./run-place.js";
import type { StallWatch } from "./stall-watch.js";
import { count } from "./text.js";

/** @returns the exit code */
export async function trainCommand(given: TrainArguments, environment: Environment): Promise<number> {
  if (!given.resume) return train(given, null, environment);
  const { warn } = lineLogger(environment);
  const old = await openRunFolder(await runToResume(given.resume, given.preset, environment.cwd, warn));
  // Before the data is read, which can take a while.
  old.lock();
  try {
    return await train(given, old, environment);
  } finally {
    await old.close();
  }
}

async function train(given: TrainArguments, old: RunFolder | null, environment: Environment): Promise<number> {
  const { cwd } = environment;
  const again = old && (await chooseAgain(old, environment, given));
  const chosen = again ?? (await chooseRun(given, environment));
  chosen.teacher?.keep();
  // Plugins may speak before the display that must not be torn apart is there.
  let say: Logger = lineLogger(environment);
  const logger: Logger = { info: (text) => say.info(text), warn: (text) => say.warn(text) };
  let watch: StallWatch | null | undefined;
  let folder = old;
  const run = await createRun({
    preset: chosen.preset,
    layers: chosen.layers,
    plugins: chosen.plugins,
    logger,
    artifacts: { write: (name, content) => folder?.artifacts.write(name, content) },
    onActivity: (activity) => watch?.note(activity),
  });
  try {
    const engine = await startEngine(engineFor(given, old, run), run.engines);
    folder ??= await makeFolder(given.out, chosen, run, cwd);
    const asked = again && { request: again.request, corrected: again.isCorrected, others: again.others };
    const restored = old
      ? await old.restore(run, engine, { force: given.force, grown: given.count !== undefined, ...asked })
      : null;
    const checkpointer = createCheckpointer(run, folder, engine, restored?.spent ?? {});
    folder.writeManifest(run, engine, checkpointer.spent);
    if (!given.quiet) introduce(run, chosen, `${engine.name} (${engine.detail})`, folder, restored, environment);
    const display = createDisplay(run, environment, given.quiet);
    say = display.logger;
    watch = environment.watchStalls?.(run.config.run.watchdogs, engine.name);
    const place = folder;
    const driven = drive(run, checkpointer, display, environment).catch(async (error: unknown) => {
      throw await withLastGood(error, place, `${command(environment)} --resume ${shortPath(place.path, cwd)}`, {
        cwd,
        logger,
      });
    });
    const stop = await driven.finally(() => {
      watch?.stop();
      display.stop();
      say = lineLogger(environment);
    });
    folder.writeManifest(run, engine, checkpointer.spent);
    if (stop) return tellHowToGoOn(run, folder, stop, environment);
    return await conclude(run, folder, checkpointer.spent, environment);
  } finally {
    // A checkpoint on its way is worth waiting for, whatever ends the run; what ends it is what is told.
    await folder?.settle().catch((error: Error) => logger.warn(error.message));
    await folder?.close();
    await run.close();
  }
}

/** @returns how the user asked to stop before the end */
async function drive(
  run: Run,
  checkpointer: Checkpointer,
  display: ReturnType<typeof createDisplay>,
  environment: Environment,
): Promise<Stop | undefined> {
  let asked: Stop | undefined;
  const stopListening = environment.onStop((stop) => {
    asked = stop;
    display.logger.info(`${stop.reason}: stopping after this step. Once more stops at once, without a checkpoint.`);
  });
  try {
    let last = environment.now();
    for await (const report of run.steps()) {
      const now = environment.now();
      const spent = (now - last) / 1000;
      last = now;
      display.step(report, spent);
      // Signals and timers get their turn; a training step may never leave the microtask queue.
      await setImmediate();
      await checkpointer.step(report, spent);
      if (!asked) continue;
      await checkpointer.stop();
      return asked;
    }
    await checkpointer.stop();
    return undefined;
  } finally {
    stopListening();
  }
}

/** The engine asked for now; else that of the run to be resumed; else that of the settings. */
function engineFor({ engine, threads }: TrainArguments, old: RunFolder | null, run: Run): { readonly name: string } {
  const earlier = old?.readManifest();
  const usual = earlier ? engineOf(earlier) : run.config.run.engine;
  // What a new run is asked for stands in its settings already.
  if (!old) return usual;
  return { ...(engine === undefined ? usual : { name: engine }), ...(threads !== undefined && { threads }) };
}

async function makeFolder(out: string | undefined, { preset, request }: ChosenRun, run: Run, cwd: string) {
  return createRunFolder(out === undefined ? await newRunPlace(preset.name, cwd) : resolve(cwd, out), request, run);
}

function introduce(
  run: Run,
  { scale }: ChosenRun,
  engine: string,
  folder: RunFolder,
  restored: Restored | null,
  environment: Environment,
): void {
  const colors = colorsOf(environment.stdout, environment.variables);
  const line = (label: string, text: string) => print(environment, `${colors.dim(label.padEnd(7))}${text}`);
  const { name } = run.preset;
  line(
    `fgkd`,
    `${version()}, preset ${colors.bold(name)}${scale ? ` at ${scale} scale` : ""}, seed ${run.config.run.seed}`,
  );
  line("engine", engine);
  const stage = run.stages[0]?.stage;
  if (stage !== undefined) {
    const source = run.source(stage);
    const train = source.count("train");
    const validation = countIn(source, "validation");
    const images = [
      `${train === 0 ? "no image" : count(train, "image")} to train on`,
      ...(validation > 0 ? [`${validation} to validate on`] : []),
      `${countIn(source, "test")} to test on`,
    ].join(", ");
    line("data", `${count(run.classes.length, "class")}, ${images}`);
  }
  const epochs = count(run.history.length, "epoch");
  const place = shortPath(folder.path, environment.cwd);
  if (restored?.ended) line("run", `${place} has ended already, after ${epochs}: nothing is left to train`);
  else line("run", restored?.resumed ? `${place}, taken up after ${epochs}` : place);
  print(environment);
}

async function conclude(run: Run, folder: RunFolder, spent: SpentByStage, environment: Environment) {
  const seconds = new Map(Object.entries(spent).map(([stage, { seconds }]) => [stage, seconds]));
  const results = await folder.finish(run);
  const place = shortPath(folder.path, environment.cwd);
  print(environment);
  print(environment, resultTable(results, run, seconds, environment));
  print(environment);
  print(environment, `The run is in ${place}. Look closer with:\n  ${command(environment)} eval ${place}`);
  return 0;
}

function tellHowToGoOn(run: Run, folder: RunFolder, { exitCode }: Stop, environment: Environment): number {
  const place = shortPath(folder.path, environment.cwd);
  const epochs = summarize(run).reduce((sum, stage) => sum + stage.epochs, 0);
  print(environment);
  print(environment, `Stopped after ${count(epochs, "epoch")}, with a checkpoint. Go on with:`);
  print(environment, `  ${command(environment)} --resume ${place}`);
  return exitCode;
}

/** How this process was called. */
function command({ variables }: Environment): string {
  return variables.npm_command === "exec" ? "npx fgkd" : "fgkd";
}
