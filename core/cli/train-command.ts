/** `fgkd train`: trains a preset, shows how it goes, and leaves a run folder. */

import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import {
  createRun,
  createRunFolder,
  engineOf,
  type Logger,
  openRunFolder,
  type Run,
  type RunFolder,
  summarize,
  version,
} from "../index.js";
import type { TrainArguments } from "./arguments.js";
import { type ChosenRun, chooseAgain, chooseRun } from "./choose-run.js";
import { createDisplay } from "./display.js";
import { startEngine } from "./engine.js";
import { colorsOf, type Environment, lineLogger, print } from "./environment.js";
import { resultTable } from "./result-table.js";
import { newRunPlace, runToResume, shortPath } from "./run-place.js";
import { count } from "./text.js";

/** As shells report a process that Ctrl-C ended. */
const interrupted = 130;

/** @returns the exit code */
export async function trainCommand(given: TrainArguments, environment: Environment): Promise<number> {
  const { cwd } = environment;
  const old = given.resume ? await openRunFolder(await runToResume(given.resume, given.preset, cwd)) : null;
  const chosen = old ? await chooseAgain(old.request, environment) : await chooseRun(given, environment);
  // Plugins may speak before the display that must not be torn apart is there.
  let say: Logger = lineLogger(environment);
  const logger: Logger = { info: (text) => say.info(text), warn: (text) => say.warn(text) };
  const run = await createRun({ preset: chosen.preset, layers: chosen.layers, plugins: chosen.plugins, logger });
  try {
    const earlier = await old?.readManifest();
    const engine = await startEngine(earlier ? engineOf(earlier) : run.config.run.engine, run.engines);
    const folder = old ?? (await makeFolder(given.out, chosen, run, cwd));
    const seconds = new Map(Object.entries(earlier?.seconds ?? {}));
    const resumed = old ? await old.restore(run, engine) : false;
    const manifest = () => folder.writeManifest(run, engine, Object.fromEntries(seconds));
    await manifest();
    if (!given.quiet) introduce(run, chosen, `${engine.name} (${engine.detail})`, folder, resumed, environment);
    const display = createDisplay(run, environment, given.quiet);
    say = display.logger;
    const finished = await drive(run, folder, seconds, display, environment).finally(() => {
      display.stop();
      say = lineLogger(environment);
    });
    await manifest();
    if (!finished) return tellHowToGoOn(run, folder, environment);
    return await conclude(run, folder, seconds, environment);
  } finally {
    await run.close();
  }
}

/** @returns false when the user asked to stop before the end */
async function drive(
  run: Run,
  folder: RunFolder,
  seconds: Map<string, number>,
  display: ReturnType<typeof createDisplay>,
  environment: Environment,
): Promise<boolean> {
  let asked = false;
  const stopListening = environment.onStop((reason) => {
    asked = true;
    display.logger.info(`${reason}: stopping after this step. Once more stops at once, without a checkpoint.`);
  });
  try {
    let last = environment.now();
    for await (const report of run.steps()) {
      const now = environment.now();
      const spent = (now - last) / 1000;
      last = now;
      seconds.set(report.stage, (seconds.get(report.stage) ?? 0) + spent);
      display.step(report, spent);
      if (report.epoch) await folder.recordEpoch(report.epoch);
      // Signals and timers get their turn; a training step may never leave the microtask queue.
      await setImmediate();
      if (report.epoch || asked) await folder.checkpoint(run);
      if (asked) return false;
    }
    return true;
  } finally {
    stopListening();
  }
}

async function makeFolder(out: string | undefined, { preset, request }: ChosenRun, run: Run, cwd: string) {
  return createRunFolder(out === undefined ? await newRunPlace(preset.name, cwd) : resolve(cwd, out), request, run);
}

function introduce(
  run: Run,
  { scale }: ChosenRun,
  engine: string,
  folder: RunFolder,
  resumed: boolean,
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
    const images = `${count(source.count("train"), "image")} to train on, ${source.count("test")} to test on`;
    line("data", `${count(run.classes.length, "class")}, ${images}`);
  }
  const place = shortPath(folder.path, environment.cwd);
  line("run", resumed ? `${place}, taken up after ${count(run.history.length, "epoch")}` : place);
  print(environment);
}

async function conclude(run: Run, folder: RunFolder, seconds: ReadonlyMap<string, number>, environment: Environment) {
  const results = await folder.finish(run);
  const place = shortPath(folder.path, environment.cwd);
  print(environment);
  print(environment, resultTable(results, run, seconds, environment));
  print(environment);
  print(environment, `The run is in ${place}. Look closer with:\n  ${command(environment)} eval ${place}`);
  return 0;
}

function tellHowToGoOn(run: Run, folder: RunFolder, environment: Environment): number {
  const place = shortPath(folder.path, environment.cwd);
  const epochs = summarize(run).reduce((sum, stage) => sum + stage.epochs, 0);
  print(environment);
  print(environment, `Stopped after ${count(epochs, "epoch")}, with a checkpoint. Go on with:`);
  print(environment, `  ${command(environment)} --resume ${place}`);
  return interrupted;
}

/** How this process was called. */
function command({ variables }: Environment): string {
  return variables.npm_command === "exec" ? "npx fgkd" : "fgkd";
}
