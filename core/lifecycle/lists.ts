/** The augmenters, teachers and losses that a stage's settings list: chosen from the registries, tapped in list order. */
import * as tf from "@tensorflow/tfjs";
import { invalidConfig, invalidOption } from "../values/errors.js";
import type { LossTerms } from "../values/records.js";
import { camelCase } from "../values/words.js";
import type { ChosenEntry, ComposedTraining, Training } from "./training.js";

type ListName = ChosenEntry["list"];

/** A line of a list: a name, and options that its registry entry checks. */
interface Line {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** Taps every listed entry: augmenters, then teachers, then losses. @throws as choosing from a registry does */
export function applyLists(training: ComposedTraining): readonly ChosenEntry[] {
  return [
    ...applyList(training, "augmenters", tapBatch),
    ...applyList(training, "teachers", tapBatch),
    ...applyList(training, "losses", tapLoss),
  ];
}

type Tap = (training: ComposedTraining, entry: ChosenEntry, purpose: string) => void;

const kinds = { augmenters: "augmenter", teachers: "teacher", losses: "loss" } as const;

/** The random stream of an entry in a stage; that of a second one of the same name is its own. */
export function purposeOf(stage: string, list: ListName, name: string, time = 1): string {
  return `${stage}/${kinds[list]}/${name}${time > 1 ? `-${time}` : ""}`;
}

function applyList(training: ComposedTraining, list: ListName, tap: Tap): readonly ChosenEntry[] {
  const { config, stage } = training;
  const times = new Map<string, number>();
  // Whatever the open interfaces declare, each line has a name.
  const lines = (config[list] as readonly Line[]).filter(({ name }) => !config.without.includes(name));
  return lines.map((line) => {
    const { name, ...given } = { ...line, ...config.options[line.name] };
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    const entry = list === "losses" ? lossEntry(training, name, given) : { list, name, options: given };
    const { options } = training[list].look({ name, ...entry.options });
    tap(training, { ...entry, options }, purposeOf(stage, list, name, time));
    return { ...entry, options };
  });
}

/** What every loss can be told is told apart from its own options; one that has a weight of its own applies it itself. */
export function lossEntry(training: Training, name: string, given: Readonly<Record<string, unknown>>): ChosenEntry {
  const { term, weight, ...options } = given;
  const owner = `loss ${name}`;
  if (weight !== undefined) checkTermWeight(owner, weight);
  if (term !== undefined && typeof term !== "string")
    throw invalidConfig(owner, `its term is ${JSON.stringify(term)}`, "A term is named by a text.");
  const isItsOwn = training.losses.optionsOf(name).includes("weight");
  if (!isItsOwn) return { list: "losses", name, options, term, weight: weight ?? 1 };
  return { list: "losses", name, options: weight === undefined ? options : { ...options, weight }, term };
}

/** @throws FGKD_INVALID_OPTION unless the weight of a term is a number of at least 0 */
export function checkTermWeight(owner: string, weight: unknown): asserts weight is number {
  if (typeof weight === "number" && weight >= 0 && Number.isFinite(weight)) return;
  throw invalidOption(owner, "weight", "at least 0", weight, "Try 1.");
}

export function tapBatch(training: Training, { list, name, options }: ChosenEntry, purpose: string): void {
  const change = training[list as "augmenters" | "teachers"].choose({ name, ...options }, purpose);
  training.hooks.batch.tapPromise(name, async (batch, step) => change(batch, step));
}

/** Of a loss: it is not made, and what it needs may be missing. */
export function weighsNothing({ list, weight, options }: ChosenEntry): boolean {
  return list === "losses" && (weight === 0 || options.weight === 0);
}

export function tapLoss(training: Training, entry: ChosenEntry, purpose: string): void {
  if (weighsNothing(entry)) return;
  const { name, options, term, weight = 1 } = entry;
  const { needs } = training.losses.look({ name, ...options });
  training.want({ maps: needs.maps });
  const loss = training.losses.choose({ name, ...options }, purpose);
  training.hooks.loss.tap(name, (terms, outputs, batch, step) => {
    const added = tf.tidy(() => named(term ?? camelCase(name), loss(outputs, batch, step, terms), weight));
    for (const key of Object.keys(added))
      if (key in terms) throw invalidConfig(`loss ${name}`, `term "${key}" is there already`, 'Name it: term: "…".');
    return { ...terms, ...added };
  });
}

/** Each term by its name, times the weight. */
function named(name: string, loss: tf.Scalar | LossTerms, weight: number): Record<string, tf.Scalar> {
  const terms: LossTerms = loss instanceof tf.Tensor ? { [name]: loss } : loss;
  const weigh = (term: tf.Scalar) => (weight === 1 ? term : term.mul<tf.Scalar>(weight));
  return Object.fromEntries(Object.entries(terms).map(([key, term]) => [key, weigh(term)]));
}
