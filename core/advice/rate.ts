/** Whether a stage learnt nothing because of its learning rate. */
import { wilsonInterval } from "../measures/share.js";
import type { EpochSummary } from "../values/records.js";
import type { Advice, StageFacts } from "./facts.js";
import { percent, quoted } from "./words.js";

/** A loss that was so many times its lowest value has been thrown up: one that only falls from chance is not. */
const THROWN = 3;

/** Whoever knows nothing loses ln(classes): no loss that is well is so many times that, however its terms are weighed. */
const BEYOND = 1000;

/** A loss whose later epochs lie less than this share below the earlier ones has not moved: batches scatter by as much. */
const STILL = 0.01;

/** Of fewer steps nobody knows whether more would help: `fgkd find-lr` takes no fewer, either. */
const FEWEST = 20;

/** Where the loss was thrown up, and the stage ended knowing nothing. */
export function rateDiverged(facts: StageFacts): Advice | null {
  const sums = lossesOf(facts.history);
  const learnt = accuracyOf(facts);
  if (sums.length < 2 || learnt === null || isAboveChance(learnt, facts)) return null;
  const wild = sums.findIndex((sum) => !Number.isFinite(sum));
  const finite = sums.filter(Number.isFinite);
  const [highest, lowest] = [Math.max(...finite), Math.min(...finite)];
  const isLost = lowest >= BEYOND * Math.log(facts.classes);
  if (wild < 0 && !isLost && !(lowest > 0 && highest >= THROWN * lowest)) return null;
  const said =
    wild >= 0
      ? `its loss was no number in epoch ${wild + 1}`
      : `its loss rose to ${brief(highest)} in epoch ${sums.indexOf(highest) + 1}, against ${brief(lowest)} at its lowest`;
  return { about: "rate-diverged", text: `${named(facts)} diverged: ${said}, and ${atChance(learnt, facts)}.` };
}

/** Where the loss stayed where it was from the first epoch to the last, and the stage ended knowing nothing. */
export function rateTooLow(facts: StageFacts): Advice | null {
  const sums = lossesOf(facts.history);
  const learnt = accuracyOf(facts);
  if (sums.length < 2 || facts.steps < FEWEST || !sums.every(Number.isFinite)) return null;
  if (learnt === null || isAboveChance(learnt, facts)) return null;
  if (rateDiverged(facts)) return null;
  const half = Math.floor(sums.length / 2);
  const [early, late] = [meanOf(sums.slice(0, half)), meanOf(sums.slice(-half))];
  if (!(early > 0) || early - late >= STILL * early) return null;
  return {
    about: "rate-too-low",
    text: `${named(facts)} never moved anything: over ${facts.history.length} epochs its loss went from ${brief(early)} to ${brief(late)}, and ${atChance(learnt, facts)}.`,
  };
}

function named({ title, learningRate }: StageFacts): string {
  return `The learning rate of ${quoted(title)}, ${learningRate},`;
}

function atChance(accuracy: number, { majority, images, preset, stage }: StageFacts): string {
  return `it gets ${percent(accuracy)} of ${images} images right, where answering one class always gets ${percent(majority)}; look for a better one with fgkd find-lr --preset ${preset} --stage ${stage}, and the run's other options`;
}

/** The best that was ever measured: `null` where nothing was. */
function accuracyOf({ history }: StageFacts): number | null {
  const measured = history.flatMap(({ metrics: { accuracy } }) => (typeof accuracy === "number" ? [accuracy] : []));
  return measured.length > 0 ? Math.max(...measured) : null;
}

/** Whoever lies above it at all is given the benefit of the doubt: an epoch of many is above by chance. */
function isAboveChance(accuracy: number, { images, majority }: StageFacts): boolean {
  const [low] = wilsonInterval(Math.round((accuracy * images) / 100), images);
  return low > majority;
}

/** What was minimised, by epoch: files have `null` for what was no number. */
function lossesOf(history: readonly EpochSummary[]): readonly number[] {
  return history
    .filter(({ losses }) => Object.keys(losses).length > 0)
    .map(({ losses }) => Object.values(losses).reduce((sum, one) => sum + (one ?? Number.NaN), 0));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function brief(value: number): string {
  return value >= 1e5 ? value.toExponential(1) : String(Number(value.toPrecision(4)));
}
