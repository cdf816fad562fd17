/** One stage's progress as a line that fits the terminal. Pure. */
import type { Colors } from "../environment.js";
import type { StageProgress } from "./progress.js";
import { duration, loss, percent } from "./text.js";

/** A stage as the bar names it. */
export interface BarStage {
  readonly stage: string;
  readonly title: string;
  readonly epochs: number;
  /** Of the longest title and of the longest stage name, so that bars stand in a column. */
  readonly titleWidth: number;
  readonly stageWidth: number;
}

const shortestBar = 8;
const longestBar = 30;

/** The richest line whose bar still has room. */
export function drawBar(about: BarStage, progress: StageProgress, width: number, colors: Colors): string {
  const running = runningLines(about, progress);
  const fits = (parts: readonly string[]) => lengthOf(parts) + shortestBar <= width;
  const fitting = running.find(fits) ?? (running.at(-1) as readonly string[]);
  // A finished stage keeps the name it had, so that bars stand in a column.
  const parts = progress.finished ? finishedLine(about, progress, fitting[0] as string, fits) : fitting;
  const [name = "", ...rest] = parts;
  const room = Math.max(0, Math.min(longestBar, width - lengthOf(parts), width - lengthOf(fitting)));
  const full = Math.round(room * progress.progress);
  const bar = colors.green("━".repeat(full)) + colors.dim("╌".repeat(room - full));
  return [progress.finished ? name : colors.bold(name), bar, ...rest].join("  ");
}

/** Parts beside the bar, from the richest to the barest; of constant width, so that the line stands still. */
function runningLines(about: BarStage, progress: StageProgress): readonly (readonly string[])[] {
  const { losses, imagesPerSecond, secondsLeft, accuracy } = progress;
  const title = about.title.padEnd(about.titleWidth);
  const stage = about.stage.padEnd(about.stageWidth);
  const epoch = `${String(progress.epoch).padStart(String(about.epochs).length)}/${about.epochs}`;
  const named = Object.entries(losses).map(([name, value]) => `${name} ${loss(value).padEnd(5)}`);
  const total = `loss ${loss(Object.values(losses).reduce((sum, value) => sum + value, 0)).padEnd(5)}`;
  const tested = `acc ${percent(accuracy).padEnd(6)}`;
  const speed = `${rate(imagesPerSecond).padStart(3)} img/s`;
  const left = (secondsLeft === undefined ? "" : `${duration(secondsLeft)} left`).padEnd("1m 20s left".length);
  return [
    [title, epoch, ...named, tested, speed, left],
    [title, epoch, total, tested, speed, left],
    [stage, epoch, total, tested, speed, left],
    [stage, epoch, total, tested, left],
    [stage, epoch, left],
    [stage, epoch],
  ];
}

function finishedLine(
  { epochs }: BarStage,
  { accuracy, best, seconds, epoch }: StageProgress,
  name: string,
  fits: (parts: readonly string[]) => boolean,
): readonly string[] {
  const tested = accuracy === undefined ? [] : [`acc ${percent(accuracy)}`, `best ${percent(best)}`];
  const whole = [name, `${epoch}/${epochs}`, ...tested, `took ${duration(seconds)}`];
  return fits(whole) ? whole : whole.slice(0, 2);
}

function rate(imagesPerSecond: number): string {
  if (imagesPerSecond === 0) return "–";
  return imagesPerSecond < 10 ? imagesPerSecond.toFixed(1) : String(Math.round(imagesPerSecond));
}

/** Of the parts and of the gaps around them and the bar. */
function lengthOf(parts: readonly string[]): number {
  return parts.reduce((sum, part) => sum + part.length, 2 * parts.length);
}
