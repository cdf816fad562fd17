/** Shows a run while it goes: bars on a terminal, a line an epoch elsewhere. */
import cliProgress from "cli-progress";
import { type Logger, printable, type Run, type StepReport } from "../../index.js";
import { colorsOf, type Environment, lineLogger, print, widthOf } from "../environment.js";
import { type BarStage, drawBar } from "./bar.js";
import { type StageProgress, type StageTracker, trackStage } from "./progress.js";
import { count, duration, loss, percent } from "./text.js";

export interface Display {
  /** Words of plugins, which must not tear the bars apart. */
  readonly logger: Logger;
  /** Before the first step: says which it is, where no bar shows that anything goes on. */
  begin(stage: string, steps: number): void;
  /** @param seconds since the report before */
  step(report: StepReport, seconds: number): void;
  /** Leaves the terminal as it was found. Before any other output. */
  stop(): void;
}

/** What the display has to know of a run. */
export type ShownRun = Pick<Run, "stages" | "preset" | "history">;

/** Bars on a terminal, lines elsewhere, nothing but warnings when `quiet`. */
export function createDisplay(run: ShownRun, environment: Environment, quiet = false): Display {
  if (quiet)
    return { logger: { ...lineLogger(environment), info: () => {} }, begin: () => {}, step: () => {}, stop: () => {} };
  const stages = new Map(barStages(run).map((about) => [about.stage, { about, tracker: startTracker(run, about) }]));
  const { isTTY } = environment.stdout;
  const show = isTTY && environment.variables.TERM !== "dumb" ? movingBars(environment) : epochLines(environment);
  return {
    logger: show.logger,
    stop: show.stop,
    begin: (stage, steps) => {
      const about = stages.get(stage)?.about;
      if (about) show.begin(about, steps);
    },
    step: (report, seconds) => {
      const shown = stages.get(report.stage);
      if (shown) show.update(shown.about, shown.tracker.add(report, seconds), report);
    },
  };
}

interface Show {
  readonly logger: Logger;
  begin(about: BarStage, steps: number): void;
  update(about: BarStage, progress: StageProgress, report: StepReport): void;
  stop(): void;
}

/** One line for each finished epoch. */
function epochLines(environment: Environment): Show {
  return {
    logger: lineLogger(environment),
    stop: () => {},
    begin: ({ title, epochs }, steps) => {
      environment.stdout.write(`${title}  begins: ${count(epochs, "epoch")} of ${count(steps, "step")}\n`);
    },
    update: (about, progress, { epoch, learningRate }) => {
      if (!epoch) return;
      const losses = Object.entries(epoch.losses).map(([name, value]) => `${name} ${loss(value)}`);
      const tested = epoch.metrics.accuracy === undefined ? [] : [`accuracy ${percent(epoch.metrics.accuracy)}`];
      // The step that ends an epoch takes its test along: where it is the only one, nothing is known.
      const speed = progress.imagesPerSecond > 0 ? [`${progress.imagesPerSecond.toFixed(1)} images/s`] : [];
      const left = progress.secondsLeft ? [`${duration(progress.secondsLeft)} left`] : [];
      const place = `${about.title}  epoch ${progress.epoch}/${about.epochs}`;
      const parts = [place, ...losses, ...tested, `lr ${Number(learningRate.toPrecision(3))}`, ...speed, ...left];
      print(environment, parts.join("  "));
    },
  };
}

/** A bar a stage, drawn at most ten times a second. */
function movingBars(environment: Environment): Show {
  const { stdout, variables, now } = environment;
  const colors = colorsOf(stdout, variables);
  // The last column stays free: the cursor waits there, and what is under it would be erased.
  const draw = ({ about, progress }: Shown) => drawBar(about, progress, widthOf(stdout) - 1, colors);
  const multi = new cliProgress.MultiBar({
    format: (_options, _params, payload: Shown) => draw(payload),
    stream: stdout,
    hideCursor: true,
    gracefulExit: false,
    linewrap: false,
    // Its own last drawing counts colours as columns, and cuts them off; see stop.
    clearOnComplete: true,
    // A line logged above the bars wipes them: unchanged ones must be drawn again, too.
    forceRedraw: true,
  });
  const bars = new Map<string, Shown & { readonly bar: cliProgress.SingleBar }>();
  let drawn = Number.NEGATIVE_INFINITY;
  const redraw = () => {
    drawn = now();
    // A step can keep the event loop, and so the library's own timer, waiting.
    multi.update();
  };
  const log = (text: string) => {
    if (bars.size === 0) return void stdout.write(`${text}\n`);
    multi.log(`${text}\n`);
    redraw();
  };
  return {
    begin: () => {},
    logger: {
      info: (message) => log(printable(message)),
      warn: (message) => log(`${colors.yellow("warning")} ${printable(message)}`),
    },
    update: (about, progress, { epoch }) => {
      const shown = { about, progress };
      const known = bars.get(about.stage)?.bar;
      const bar = known ?? multi.create(1, progress.progress, shown);
      bar.update(progress.progress, shown);
      bars.set(about.stage, { ...shown, bar });
      if (!known || epoch || now() - drawn >= 100) redraw();
    },
    stop: () => {
      if (bars.size === 0) return;
      multi.stop();
      for (const shown of bars.values()) stdout.write(`${draw(shown)}\n`);
    },
  };
}

/** What a bar is drawn from. */
interface Shown {
  readonly about: BarStage;
  readonly progress: StageProgress;
}

function barStages({ stages, preset }: ShownRun): readonly BarStage[] {
  const named = stages.map(({ stage, config }) => ({
    stage,
    title: preset.stages[stage]?.title ?? stage,
    epochs: config.epochs,
  }));
  const titleWidth = Math.max(0, ...named.map(({ title }) => title.length));
  const stageWidth = Math.max(0, ...named.map(({ stage }) => stage.length));
  return named.map((stage) => ({ ...stage, titleWidth, stageWidth }));
}

/** A resumed stage knows what its earlier epochs reached. */
function startTracker({ history }: ShownRun, { stage, epochs }: BarStage): StageTracker {
  const tested = history.flatMap((summary) =>
    summary.stage === stage && summary.metrics.accuracy !== undefined ? [summary.metrics.accuracy] : [],
  );
  const known = tested.length > 0 ? { accuracy: tested.at(-1), best: Math.max(...tested) } : {};
  return trackStage(stage, epochs, known);
}
