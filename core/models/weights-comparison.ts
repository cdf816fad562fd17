/** A file of weights held against a model, by names, shapes and types alone. */
import { openTensorFile } from "../formats/open-tensor-file.js";
import type { TensorEntry } from "../formats/tensor-file.js";
import type { NamedArray } from "../values/named-array.js";
import { classesInWeights } from "./about-weights.js";
import type { ClassMatch } from "./class-order.js";
import { classifierNames, matchClassifier } from "./classifier.js";
import type { Model } from "./model.js";
import { type MatchedNames, matchNames } from "./weight-names.js";

/** What weights are loaded for. */
export interface WeightsUse {
  /** Of the data, in label order. Default: none, and none are compared. */
  readonly classes?: readonly string[];
  /** Whether a stage trains the model: only then may a part of it start afresh. Default true. */
  readonly trained?: boolean;
  /** Whether what does not fit is refused; else it is left out, with a word. Default true. */
  readonly strict?: boolean | undefined;
}

/** Makes the model's array of the file's, whose shape is another. */
export interface Reshape {
  readonly from: readonly number[];
  readonly to: readonly number[];
  apply(array: NamedArray): NamedArray;
}

/** What of a file fits a model, what does not, and what lacks. */
export interface WeightsComparison {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly names: MatchedNames;
  /** The file's, by the model's name. */
  entryOf(name: string): TensorEntry | undefined;
  /** By the model's name the file's, those that do not fit among them. A classifier for other classes is not. */
  readonly filled: ReadonlyMap<string, string>;
  /** By the model's name, those whose shape is another in the file. */
  readonly reshaped: ReadonlyMap<string, Reshape>;
  readonly match: ClassMatch;
  /** What the file does not have, and may start afresh in a model that is trained. */
  readonly afresh: readonly string[];
  /** What it does not have, and must. */
  readonly lacking: readonly string[];
  /** By the model's name: what is wrong with the file's, in words. */
  readonly unfit: ReadonlyMap<string, readonly string[]>;
  /** What the file has beside it. */
  readonly extra: readonly string[];
  readonly hasClassifier: boolean;
  readonly namesClasses: boolean;
  /** The file's own. */
  readonly notes: readonly string[];
}

/** @throws FGKD_PATH, FGKD_CORRUPT_FILE */
export function compareWeights(model: Model, file: string, { classes = [] }: WeightsUse): WeightsComparison {
  const { shapes } = model.parameters;
  const { entries, notes } = openTensorFile(file);
  const names = matchNames(entries.keys(), shapes, (name) => model.adapts?.rename?.(name) ?? name);
  const entryOf = (name: string) => entries.get(names.given.get(name) ?? "");
  const classifier = classifierNames(model);
  const theirs = classesInWeights(file);
  const match = matchClassifier(model, classes, theirs, entryOf);
  const filled = new Map([...names.given].filter(([name]) => !("problem" in match && classifier.has(name))));
  const reshaped = reshapesOf(model, [...filled.keys()], entryOf);
  const missing = [...shapes.keys()].filter((name) => !names.given.has(name) && !isCounter(name));
  const mayStartAfresh = (name: string) => classifier.has(name) || isFresh(name, model);
  const [afresh, lacking] = parted(missing, (name) => mayStartAfresh(name) && !names.ambiguous.has(name));
  const unfit = [...filled.keys()].flatMap((name) => {
    const problems = entryProblems(name, entryOf(name), reshaped.get(name)?.from ?? shapes.get(name) ?? []);
    return problems.length > 0 ? [[name, problems] as const] : [];
  });
  return {
    entries,
    names,
    entryOf,
    filled,
    reshaped,
    match,
    afresh,
    lacking,
    unfit: new Map(unfit),
    extra: names.unexpected.filter((name) => !isCounter(name)),
    hasClassifier: classifier.size > 0,
    namesClasses: theirs !== undefined,
    notes,
  };
}

/** Of what has another shape in the file, what the model knows to make of it. */
function reshapesOf(
  { adapts, parameters: { shapes } }: Model,
  filled: readonly string[],
  entryOf: (name: string) => TensorEntry | undefined,
): ReadonlyMap<string, Reshape> {
  return new Map(
    filled.flatMap((name) => {
      const [from, to] = [entryOf(name)?.shape ?? [], shapes.get(name) ?? []];
      const apply = String(from) === String(to) ? undefined : adapts?.reshape?.(name, from, to);
      return apply ? [[name, { from, to, apply }] as const] : [];
    }),
  );
}

function entryProblems(name: string, entry: TensorEntry | undefined, wanted: readonly number[]): readonly string[] {
  if (!entry) return [];
  const { dtype, shape } = entry;
  if (String(shape) !== String(wanted)) return [`"${name}" is [${shape}], not [${wanted}]`];
  if (isCounter(name) || /^B?F\d/.test(dtype)) return [];
  return [`"${name}" holds whole numbers (${dtype}), as quantised weights do, not floating-point ones`];
}

function isFresh(name: string, { fresh = [] }: Model): boolean {
  return fresh.some((group) => name === group || name.startsWith(`${group}.`));
}

function isCounter(name: string): boolean {
  return name.endsWith("num_batches_tracked");
}

function parted(
  names: readonly string[],
  test: (name: string) => boolean,
): readonly [readonly string[], readonly string[]] {
  return [names.filter(test), names.filter((name) => !test(name))];
}
