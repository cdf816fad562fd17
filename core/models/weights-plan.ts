/** How a file of weights fills a model, worked out from names, shapes and types alone: no value is read for it. */

import { openTensorFile } from "../formats/open-tensor-file.js";
import type { TensorEntry } from "../formats/tensor-file.js";
import { weightsMismatch } from "../values/errors.js";
import type { NamedArray } from "../values/named-array.js";
import { classesInWeights } from "./about-weights.js";
import type { ClassMatch } from "./class-order.js";
import { classifierNames, classRows, matchClassifier } from "./classifier.js";
import { type Misfit, misfitTable } from "./misfits.js";
import type { Model, Role } from "./model.js";
import { listed, looks, type MatchedNames, matchNames } from "./weight-names.js";

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
interface Reshape {
  readonly from: readonly number[];
  readonly to: readonly number[];
  apply(array: NamedArray): NamedArray;
}

/** Lines of each kind of misfit that an error shows, and a warning of what was left out. */
const mostShown = { refused: 4, leftOut: 12 };

/** How a file fills a model. */
export interface WeightsPlan {
  /** By the model's name, the file's. */
  readonly filled: ReadonlyMap<string, string>;
  /** By the model's name, those whose shape is another in the file. */
  readonly reshaped: ReadonlyMap<string, Reshape>;
  /** Names of the model whose rows stand otherwise in the file, and the file's row for each of them. */
  readonly turned: { readonly names: ReadonlySet<string>; readonly order: readonly number[] } | undefined;
  /** What the file has beside it. */
  readonly unused: readonly string[];
  /** What the user is to know. */
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

/** @throws FGKD_WEIGHTS_MISMATCH, FGKD_PATH, FGKD_CORRUPT_FILE */
export function planWeights(role: Role, model: Model, file: string, use: WeightsUse): WeightsPlan {
  const { classes = [], trained = true, strict = true } = use;
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
  const frozen = trained
    ? []
    : ["problem" in match ? `its classifier ${match.problem}` : [], afresh.map(isMissing)].flat(2);
  const wantedShape = (name: string) => reshaped.get(name)?.from ?? shapes.get(name) ?? [];
  const problemsOf = (name: string) => entryProblems(name, entryOf(name), wantedShape(name));
  const unfit = [...filled.keys()].filter((name) => problemsOf(name).length > 0);
  const problems = [
    ...frozen,
    ...unfit.flatMap(problemsOf),
    ...lacking.map((name) => ambiguity(name, names.ambiguous.get(name)) ?? isMissing(name)),
  ];
  const extra = names.unexpected.filter((name) => !isCounter(name));
  const misfits: readonly Misfit[] = [
    ...[...unfit, ...lacking].map((name) => ({ name, theirs: entryOf(name)?.shape, ours: shapes.get(name) })),
    ...extra.map((name) => ({ name, theirs: entries.get(name)?.shape })),
  ];
  const isLeftOut = !strict && unfit.length < filled.size && (trained || !("problem" in match));
  if (isLeftOut) for (const name of unfit) filled.delete(name);
  else if (problems.length > 0) {
    const shown = lacking.length > 0 && extra.length > 0 ? withLooks(problems, [...entries.keys()]) : problems;
    throw weightsMismatch(
      role,
      file,
      shown,
      frozen.length > 0 && lacking.length === 0 ? wholeOrTrained(role) : undefined,
      misfitTable(misfits, mostShown.refused),
    );
  }
  const order = "problem" in match ? undefined : match.order;
  const saysNothing = !trained && classifier.size > 0 && classes.length > 0 && !theirs;
  return {
    filled,
    reshaped,
    unused: extra,
    turned: order && { order, names: classRows(model, order.length) ?? new Set() },
    warnings: [
      ...ofClassifier(role, file, match),
      ...(isLeftOut && misfits.length > 0
        ? [`${role}: of ${file} not everything was loaded:\n${misfitTable(misfits, mostShown.leftOut)}`]
        : []),
      ...ofNames(role, file, afresh, isLeftOut ? [] : extra),
    ],
    notes: [
      ...notes.map((note) => `${role}: of ${file}, ${note}.`),
      ...ofAdapting(role, file, names, reshaped),
      ...(order
        ? [
            `${role}: the classes in ${file} stand in another order than the data's; its classifier was put in order by their names.`,
          ]
        : []),
      ...(saysNothing
        ? [`${role}: ${file} does not name its classes; they are taken in the order of the data's.`]
        : []),
    ],
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

/** What a model that nothing trains can do about a part that it lacks. */
export function wholeOrTrained(role: Role): string {
  return `Nothing trains this model, so that no part of it may start afresh: give models.${role}.weights a file that was made for these classes, or let a stage train it.`;
}

function ofClassifier(role: Role, file: string, match: ClassMatch): readonly string[] {
  return "problem" in match ? [`${role}: the classifier in ${file} ${match.problem}; it starts afresh.`] : [];
}

/** What was made of a file that others wrote. */
function ofAdapting(
  role: Role,
  file: string,
  { given, renamed }: MatchedNames,
  reshaped: ReadonlyMap<string, Reshape>,
): readonly string[] {
  const [first = ""] = renamed;
  const theirs = listed([given.get(first) ?? ""]);
  const shapes = [...reshaped].map(([name, { from, to }]) => `${name} from [${from}] to [${to}]`);
  const more = shapes.length > 3 ? ` and ${shapes.length - 3} more` : "";
  return [
    renamed.length > 0 &&
      `${role}: ${renamed.length} names in ${file} are another library's: ${theirs} is ${first} here.`,
    shapes.length > 0 && `${role}: ${file} has other shapes; it was resized: ${shapes.slice(0, 3).join(", ")}${more}.`,
  ].filter((words) => words !== false);
}

function ofNames(role: Role, file: string, afresh: readonly string[], extra: readonly string[]): readonly string[] {
  return [
    ...(afresh.length > 0 ? [`${role}: ${file} has no ${listed(afresh)}; they start afresh.`] : []),
    ...(extra.length > 0 ? [`${role}: ${file} also has ${listed(extra)}, which the model does not use.`] : []),
  ];
}

const isMissing = (name: string) => `"${name}" is missing`;

function ambiguity(name: string, theirs: readonly string[] | undefined): string | undefined {
  return theirs && `"${name}" could be ${listed(theirs, 3)}: rename or remove all but one of them`;
}

/** What the file has instead says more than a long list of what it does not have. */
function withLooks(problems: readonly string[], names: readonly string[]): readonly string[] {
  const shown = problems.slice(0, 4);
  const rest = problems.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : []), looks(names)];
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
