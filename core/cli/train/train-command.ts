/** `fgkd train`: trains a preset, shows how it goes, and leaves a run folder. */

import { setImmediate } from "node:timers/promises";
import {
  countIn,
  createRun,
  engineOf,
  type Logger,
  openRunFolder,
  type Restored,
  type Run,
  type RunFolder,
  type SpentByStage,
  type StageResult,
  shellWord,
  startChosenEngine,
  summarize,
  version,
} from "../../index.js";
import { showAdvice } from "../advise/advise-text.js";
import type { TrainArguments } from "../arguments.js";
import { colorsOf, type Environment, lineLogger, print, type Stop } from "../environment.js";
import { engineAsked } from "../model-command.js";
import { reportAtEnd } from "../report/report-run.js";
import { createDisplay } from "../terminal/display.js";
import { shownHub } from "../terminal/fetching.js";
import { count } from "../terminal/text.js";
import { stopping } from "../watching/signals.js";
import type { StallWatch } from "../watching/stall-watch.js";
import { type Checkpointer, createCheckpointer } from "./checkpointer.js";
import { type ChosenRun, chooseAgain, chooseRun } from "./choose-run.js";
import { dryRun } from "./dry-run.js";
import { withLastGood } from "./last-good.js";
import { checkPlace, makeFolder, type NewFolder } from "./new-folder.js";
import { resultTable } from "./result-table.js";
import { runToResume, shortPath } from "./run-place.js";
import { declined, patiently, startTiming, type Timing, tellBeginning } from "./time-told.js";

/** @returns the exit code */
export async function trainCommand(given: TrainArguments, environment: Environment): Promise<number> {
  if (given.dryRun) return dryRun(given, environment);
  if (!given.resume) return train(given, null, environment);
  const logger = lineLogger(environment);
  const old = await openRunFolder(await runToResume(given.resume, given.preset, environment.cwd, logger));
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
  if (!old) checkPlace(given.out, cwd);
  const again = old && (await chooseAgain(old, environment, given));
  const chosen = again ?? (await chooseRun(given, environment));
  chosen.teacher?.keep();
  // Plugins may speak before the display that must not be torn apart is there.
  let say: Logger = lineLogger(environment);
  const warnings: string[] = [];
  const logger: Logger = {
    info: (text) => say.info(text),
    warn: (text) => {
      warnings.push(text);
      say.warn(text);
    },
  };
  let watch: StallWatch | null | undefined;
  let folder = old;
  let made: NewFolder | undefined;
  let hasWorked = false;
  const opened = createRun({
    preset: chosen.preset,
    layers: chosen.layers,
    plugins: chosen.plugins,
    logger,
    hub: shownHub(environment, logger, given.quiet),
    ...(chosen.request.commits && { commits: chosen.request.commits }),
    artifacts: { write: (name, content) => folder?.artifacts.write(name, content) },
    onActivity: (activity) => watch?.note(activity),
  });
  const run = given.quiet ? await opened : await patiently(opened, "Still looking at the data.", logger);
  try {
    const engine = await startChosenEngine(engineFor(given, old, run), run.engines);
    run.check();
    if (!folder) {
      made = await makeFolder(given.out, chosen, run, cwd);
      folder = made.folder;
    }
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
    const timing = restored
      ? null
      : startTiming(run, { scale: chosen.scale, gpu: engine.gpu }, given.yes ?? false, {
          ask:
            environment.ask &&
            ((...question) => {
              watch?.note({ part: "a question", position: "" });
              return environment.ask?.(...question) ?? Promise.resolve(true);
            }),
        });
    const onWork = () => {
      hasWorked = true;
    };
    const driven = drive(run, checkpointer, display, environment, { timing, onWork }).catch(async (error: unknown) => {
      throw await withLastGood(
        error,
        place,
        `${command(environment)} --resume ${shellWord(shortPath(place.path, cwd))}`,
        {
          cwd,
          logger,
        },
      );
    });
    const stop = await driven.finally(() => {
      watch?.stop();
      display.stop();
      say = lineLogger(environment);
    });
    if (timing?.isDeclined) {
      hasWorked = false;
      print(environment, "Nothing was kept.");
      return stop?.exitCode ?? declined;
    }
    folder.writeManifest(run, engine, checkpointer.spent);
    if (stop) return tellHowToGoOn(run, folder, stop, environment);
    showResults(await folder.finish(run), run, checkpointer.spent, environment);
    const name = shortPath(folder.path, cwd);
    const about = { name, engine: engine.name, warnings, logger, environment };
    // First of all: whoever has waited long enough may leave before the page is there.
    tellWhereItIs(name, environment);
    const { page, advice = [] } = run.config.run.report ? await reportAtEnd(run, folder, chosen, about) : {};
    if (page !== undefined) print(environment, `A page about it: ${shortPath(page, cwd)}`);
    showAdvice(advice, environment);
    return 0;
  } finally {
    // A checkpoint on its way is worth waiting for, whatever ends the run; what ends it is what is told.
    await folder?.settle().catch((error: Error) => logger.warn(error.message));
    // What failed before its first step leaves nothing to go on from.
    if (made && !hasWorked) await made.discard();
    else await folder?.close();
    await run.close();
  }
}

/** @returns how the user asked to stop before the end */
async function drive(
  run: Run,
  checkpointer: Checkpointer,
  display: ReturnType<typeof createDisplay>,
  environment: Environment,
  { timing, onWork }: { readonly timing: Timing | null; readonly onWork: () => void },
): Promise<Stop | undefined> {
  let asked: Stop | undefined;
  const question = new AbortController();
  const stopListening = environment.onStop((stop) => {
    asked = stop;
    question.abort();
    if (!stop.isTold) display.logger.info(stopping(stop));
  });
  const shown = timing ? timing.around(display) : display;
  try {
    tellBeginning(run, display);
    let last = environment.now();
    for await (const report of run.steps()) {
      const now = environment.now();
      const spent = (now - last) / 1000;
      last = now;
      onWork();
      shown.step(report, spent);
      // Signals and timers get their turn; a training step may never leave the microtask queue.
      await setImmediate();
      await checkpointer.step(report, spent);
      const answer = asked ? undefined : await timing?.step(report, spent, question.signal);
      if (answer === "declined") return asked;
      // Whoever was asked may have been at lunch.
      if (answer) last = environment.now();
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
function engineFor(given: TrainArguments, old: RunFolder | null, run: Run): { readonly name: string } {
  const earlier = old?.readManifest();
  const usual = earlier ? engineOf(earlier) : run.config.run.engine;
  // What a new run is asked for stands in its settings already.
  if (!old) return usual;
  return { ...(given.engine === undefined && usual), ...engineAsked(given) } as { readonly name: string };
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
  const soFar = afterEpochs(run.history.length);
  const place = shortPath(folder.path, environment.cwd);
  if (restored?.ended) line("run", `${place} has ended already, ${soFar}: nothing is left to train`);
  else line("run", restored?.resumed ? `${place}, taken up ${soFar}` : place);
  // Where no stage follows, the empty line is that above the result.
  if (!restored?.ended) print(environment);
}

function showResults(results: readonly StageResult[], run: Run, spent: SpentByStage, environment: Environment): void {
  const seconds = new Map(Object.entries(spent).map(([stage, { seconds }]) => [stage, seconds]));
  print(environment);
  print(environment, resultTable(results, run, seconds, environment));
  print(environment);
}

function tellWhereItIs(place: string, environment: Environment): void {
  print(environment, `The run is in ${place}. Look closer with:\n  ${command(environment)} eval ${shellWord(place)}`);
}

function tellHowToGoOn(run: Run, folder: RunFolder, { exitCode }: Stop, environment: Environment): number {
  const place = shortPath(folder.path, environment.cwd);
  const epochs = summarize(run).reduce((sum, stage) => sum + stage.epochs, 0);
  print(environment);
  print(environment, `Stopped ${afterEpochs(epochs)}, with a checkpoint. Go on with:`);
  print(environment, `  ${command(environment)} --resume ${shellWord(place)}`);
  return exitCode;
}

/** "After 0 epochs" would sound as if nothing had been kept. */
function afterEpochs(epochs: number): string {
  return epochs === 0 ? "in the first epoch" : `after ${count(epochs, "epoch")}`;
}

/** How this process was called. */
function command({ variables }: Environment): string {
  return variables.npm_command === "exec" ? "npx fgkd" : "fgkd";
}
