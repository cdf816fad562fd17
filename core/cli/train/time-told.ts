/** Times the first two steps of a new run, tells how long it will take, and asks before hours of work. */
import { type Logger, type Run, type StepReport, stepsPerEpoch } from "../../index.js";
import type { Environment } from "../environment.js";
import type { Display } from "../terminal/display.js";
import {
  type Circumstances,
  fromScratch,
  hour,
  remedies,
  roughly,
  type StageWork,
  secondsOf,
  workOf,
} from "./run-time.js";

/** The exit code of a run that its user did not want any more when asked: nothing has begun. */
export const declined = 1;

export interface Timing {
  /** Whether the user was asked, and said no. */
  readonly isDeclined: boolean;
  /** The display, which shows nothing while there may be a question. */
  around(display: Display): Pick<Display, "step">;
  /**
   * After each step.
   *
   * @param seconds since the report before
   * @param signal takes a question back
   * @returns whether somebody was asked, and what came of it
   */
  step(report: StepReport, seconds: number, signal: AbortSignal): Promise<"declined" | "agreed" | undefined>;
}

/** @param isAgreed beforehand: nobody is asked */
export function startTiming(
  run: Pick<Run, "preset" | "config" | "stages" | "source">,
  { scale, gpu }: Pick<Circumstances, "scale" | "gpu">,
  isAgreed: boolean,
  { ask }: Pick<Environment, "ask">,
): Timing {
  const enabled = run.stages.map(({ stage }) => stage);
  const publicWeights = (backbone: string) => run.stages[0]?.backbones.publicWeights(backbone) ?? [];
  const about = { preset: run.preset, models: run.config.run.models, enabled, scale, gpu, publicWeights };
  const held: (readonly [StepReport, number])[] = [];
  let shown: Display | undefined;
  let steps = 0;
  let isDeclined = false;
  const settle = async ({ stage }: StepReport, seconds: number, signal: AbortSignal) => {
    const told = tellTime(about, workOf(run, run.source), stage, seconds);
    if (told) (told.isLong ? shown?.logger.warn : shown?.logger.info)?.(told.text);
    if (!told?.isLong || !ask || isAgreed) return undefined;
    isDeclined = !(await ask("Train nevertheless?", signal));
    return isDeclined ? "declined" : "agreed";
  };
  return {
    get isDeclined() {
      return isDeclined;
    },
    around: (display) => {
      shown = display;
      if (ask && !isAgreed && scale === "paper") display.logger.info("Timing the first two steps.");
      const waits = () => ask && !isAgreed && steps < 2;
      return { step: (...report) => void (waits() ? held.push(report) : display.step(...report)) };
    },
    step: async (report, seconds, signal) => {
      steps += 1;
      // The first one also makes networks and compiles kernels.
      if (steps !== 2) return undefined;
      const answer = await settle(report, seconds, signal);
      if (!isDeclined) for (const earlier of held.splice(0)) shown?.step(...earlier);
      return answer;
    },
  };
}

/**
 * What there is to say of a run's length, if there is: of hours of work always; at paper scale, of any without a GPU, or
 * without the weights that the publication starts from.
 *
 * @param pace seconds of a step of that stage
 */
export function tellTime(
  about: Circumstances,
  work: readonly StageWork[],
  stage: string,
  pace: number,
): { readonly text: string; readonly isLong: boolean } | undefined {
  const seconds = secondsOf(work, new Map([[stage, pace]]));
  const isLong = seconds >= hour;
  const scratch = fromScratch(about);
  if (!isLong && !(about.scale === "paper" && (!about.gpu || scratch.length > 0))) return undefined;
  const own = work.find((other) => other.stage === stage);
  const alone = work.length > 1 && own ? `, of which "${own.title}" takes ${roughly(own.steps * pace)}` : "";
  const lines = [`This run will take ${roughly(seconds)} at ${pace.toPrecision(2)} s a step${alone}.`];
  if (scratch.length > 0)
    lines.push(`As published, ${about.preset.name} starts from public weights; here ${scratch.join(", ")} will not.`);
  const help = isLong || scratch.length > 0 ? remedies(about) : [];
  return { text: [lines.join(" "), ...help.map((remedy) => `  ${remedy}`)].join("\n"), isLong };
}

/** Waits for work, and says after a while that it goes on. */
export function patiently<T>(work: Promise<T>, words: string, logger: Pick<Logger, "info">): Promise<T> {
  const timer = setTimeout(() => logger.info(words), 5000);
  return work.finally(() => clearTimeout(timer));
}

/** Says, off a terminal, which stage begins: its first step may take long. */
export function tellBeginning(run: Pick<Run, "stages" | "history" | "source">, display: Pick<Display, "begin">): void {
  const isOpen = ({ stage, config }: Run["stages"][number]) =>
    run.history.filter((epoch) => epoch.stage === stage).length < config.epochs;
  const first = run.stages.find(isOpen);
  if (!first) return;
  display.begin(first.stage, stepsPerEpoch(first.config, run.source(first.stage)));
}
