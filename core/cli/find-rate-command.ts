/** `fgkd find-lr`: the learning rate of one stage rises from step to step, and the loss shows which one to take. Nothing is kept. */

import { setImmediate } from "node:timers/promises";
import {
  type Config,
  checkRun,
  createRun,
  FgkdError,
  type FoundRates,
  findRates,
  invalidConfig,
  type Pass,
  presetLayers,
  type RatedLoss,
  type Run,
  resolveConfig,
  type Source,
  type StepReport,
  startChosenEngine,
  unknownName,
} from "../index.js";
import type { FindRateArguments } from "./arguments.js";
import { type Declaring, withRunOptions } from "./declaring.js";
import { type Environment, lineLogger, print, type Stop, widthOf } from "./environment.js";
import { above, whole } from "./settings/option-values.js";
import { shownHub } from "./terminal/fetching.js";
import { table } from "./terminal/tables.js";
import { count, loss as inFour, wrap } from "./terminal/text.js";
import { type ChosenRun, chooseRun } from "./train/choose-run.js";

/** A loss of so many times the lowest, and of half as many times the first, has nothing more to tell. */
const LOST = 4;
const FEW = 5;

/** Rows of the table, and characters of its longest bar. */
const ROWS = 16;
const BAR = 30;

/** Steps: of fewer, the table says little, and of more no more. */
const usual = { least: 100, most: 500 } as const;

/** @returns the exit code */
async function findRateCommand(given: FindRateArguments, environment: Environment): Promise<number> {
  const chosen = await chooseRun(given, environment);
  if (given.from >= given.to)
    throw invalidConfig(
      "fgkd find-lr",
      `from ${given.from} to ${given.to}, no rate rises`,
      "Let the second be the higher one.",
    );
  chosen.teacher?.keep();
  checkRun(chosen);
  const stage = stageOf(chosen, given.stage);
  const run = await createTest(chosen, stage, given, environment);
  try {
    const engine = await startChosenEngine(run.config.run.engine, run.engines);
    run.check();
    const title = run.preset.stages[stage]?.title ?? stage;
    lineLogger(environment).info(`${title}, engine ${engine.name}: from ${given.from} to ${given.to}`);
    const { steps, stop } = await rise(run, environment);
    if (stop) return stop.exitCode;
    tellRates(findRates(steps), steps.length, stage, environment);
    return 0;
  } finally {
    await run.close();
  }
}

/** @throws FGKD_UNKNOWN_NAME, FGKD_INVALID_CONFIG where none is enabled */
function stageOf({ preset, layers }: ChosenRun, asked: string | undefined): string {
  const names = Object.keys(preset.stages);
  const { stages } = resolveConfig(names, [...presetLayers(preset), ...layers]);
  const enabled = names.filter((name) => stages[name]?.enabled);
  const stage = asked ?? enabled.at(-1);
  if (stage !== undefined && enabled.includes(stage)) return stage;
  throw stage === undefined
    ? invalidConfig("fgkd find-lr", "no stage is enabled", "Enable one.")
    : unknownName("stage", stage, enabled, "It must be one that is trained.");
}

/** The run with that stage alone, none of whose epochs is tested. */
async function createTest(
  chosen: ChosenRun,
  stage: string,
  { from, to, steps }: FindRateArguments,
  environment: Environment,
): Promise<Run> {
  const { schedule: _, configure: __, ...preset } = chosen.preset;
  const others = Object.keys(preset.stages).filter((name) => name !== stage);
  const logger = lineLogger(environment);
  const settings = {
    epochs: 1,
    stepsPerEpoch: null,
    evaluation: { every: 0, patience: null },
    export: "last",
    optimizer: { schedule: { name: "range-test", from, to } },
  };
  const off = Object.fromEntries(others.map((name) => [name, { enabled: false }]));
  const config = { stages: { ...off, [stage]: settings } } as Config;
  return createRun({
    preset,
    layers: [...chosen.layers, { origin: "fgkd find-lr", config }],
    plugins: chosen.plugins,
    logger,
    hub: shownHub(environment, logger, false),
    seen: (source) => ofSteps(source, steps),
  });
}

/** The same images in a pass of so many steps; unless it is said how many, of one pass, if that is neither short nor long. */
function ofSteps(source: Source, asked: number | undefined): Source {
  const stepsOf = (pass: Pick<Pass, "split" | "mode" | "batchSize">) => {
    const own = source.batchCount(pass);
    const isTraining = pass.split === "train" && pass.mode === "train" && own > 0;
    return isTraining ? (asked ?? Math.min(usual.most, Math.max(usual.least, own))) : own;
  };
  return {
    ...source,
    batchCount: stepsOf,
    async *batches(pass) {
      let left = stepsOf(pass) - pass.skip;
      for (let epoch = pass.epoch; left > 0; epoch++)
        for await (const batch of source.batches({ ...pass, epoch })) {
          yield batch;
          left -= 1;
          if (left === 0) return;
        }
    },
  };
}

/** Takes the steps, until the loss is lost. */
async function rise(run: Run, environment: Environment): Promise<{ steps: readonly RatedLoss[]; stop?: Stop }> {
  let asked: Stop | undefined;
  const stopListening = environment.onStop((stop) => {
    asked = stop;
  });
  const reports: StepReport[] = [];
  try {
    for await (const report of run.steps()) {
      reports.push(report);
      await setImmediate();
      if (asked) return { steps: [], stop: asked };
      // What the last step computed may not be read yet.
      if (isLost(reports.slice(0, -1))) break;
    }
    return { steps: reports.map(rated) };
  } catch (error) {
    if (!(error instanceof FgkdError && error.code === "FGKD_NOT_FINITE")) throw error;
    return { steps: [...reports.map(rated), { learningRate: Number.NaN, loss: Number.NaN }] };
  } finally {
    stopListening();
  }
}

function rated({ learningRate, losses }: StepReport): RatedLoss {
  const all = Object.values(losses);
  return { learningRate, loss: all.length > 0 ? all.reduce((sum, one) => sum + one, 0) : Number.NaN };
}

/** By means of a few steps: one batch may be lucky, another not. */
function isLost(reports: readonly StepReport[]): boolean {
  const losses = reports.map((report) => rated(report).loss);
  const means = losses
    .slice(FEW - 1)
    .map((_, at) => losses.slice(at, at + FEW).reduce((sum, one) => sum + one, 0) / FEW);
  const lowest = Math.min(...means);
  return lowest > 0 && (means.at(-1) ?? 0) > LOST * Math.max(lowest, (means[0] ?? 0) / 2);
}

function tellRates(found: FoundRates, steps: number, stage: string, environment: Environment): void {
  const { stdout, variables } = environment;
  const shown = found.smoothed.filter((_, at) => at % Math.ceil(found.smoothed.length / ROWS) === 0);
  const [first, least] = [found.smoothed[0]?.loss ?? 0, Math.min(...shown.map(({ loss }) => loss))];
  // Beside a loss that is lost, the others would all look alike.
  const most = Math.max(2 * first - least, least + 1e-12);
  const bar = (loss: number) => "█".repeat(1 + Math.round((BAR * (Math.min(loss, most) - least)) / (most - least)));
  const right = { align: "right" } as const;
  const rows = shown.map(({ learningRate, loss }) => [short(learningRate), inFour(loss), bar(loss)]);
  const columns = [{ head: "learning rate", ...right }, { head: "loss", ...right }, { head: "" }];
  print(environment, table(columns, rows, stdout, variables));
  print(environment);
  for (const line of wrap(inWords(found, steps, stage), widthOf(stdout))) print(environment, line);
}

function inWords({ suggested, lowest, rises }: FoundRates, steps: number, stage: string): string {
  if (suggested === null || lowest === null) {
    const otherwise = rises ? "it only rose" : "it did not fall by more than it scatters from step to step";
    return `No learning rate between these made the loss fall in ${count(steps, "step")}: ${otherwise}. Try others, or more steps.`;
  }
  const end = rises ? "" : " It had not risen by the end: a higher end may find more.";
  return `The loss fell fastest at ${short(suggested)}, and was lowest at ${short(lowest)}: higher than that is too high.${end} Take the first: --set stages.${stage}.optimizer.learningRate=${short(suggested)}`;
}

/** Two digits: rates are found no more exactly. */
function short(rate: number): string {
  return String(Number(rate.toPrecision(2)));
}

/** Its words and options. */
export function declareFindRate({ command, run, environment }: Declaring): void {
  withRunOptions(command("find-lr", "look for a learning rate: raise it from step to step, and see what the loss does"))
    .option("--stage <name>", "of which stage (default: the last)")
    .option("--from <rate>", "learning rate of the first step", above, 1e-6)
    .option("--to <rate>", "learning rate of the last step", above, 10)
    .option("--steps <number>", "in so many steps (default: one pass over the data, of 100 to 500)", whole(20))
    .action((given: FindRateArguments) => run(findRateCommand(given, environment)));
}
