/** How a file of weights fills a model, and what the user is told of it: no value is read for it. */
import { weightsMismatch } from "../values/errors.js";
import { classRows } from "./classifier.js";
import { type Misfit, misfitTable } from "./misfits.js";
import type { Model, Role } from "./model.js";
import { listed, looks, type MatchedNames } from "./weight-names.js";
import { compareWeights, type Reshape, type WeightsComparison, type WeightsUse } from "./weights-comparison.js";

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
  const { trained = true, strict = true } = use;
  const comparison = compareWeights(model, file, use);
  const { filled, reshaped, match, unfit, extra } = comparison;
  const misfits = misfitsOf(model, comparison);
  const isLeftOut = !strict && unfit.size < filled.size && (trained || !("problem" in match));
  if (!isLeftOut) refuseMisfits(role, file, comparison, misfits, trained);
  const order = "problem" in match ? undefined : match.order;
  return {
    filled: new Map([...filled].filter(([name]) => !unfit.has(name))),
    reshaped,
    unused: extra,
    turned: order && { order, names: classRows(model, order.length) ?? new Set() },
    warnings: warningsOf(role, file, comparison, isLeftOut ? misfits : undefined),
    notes: notesOf(role, file, comparison, !trained && (use.classes ?? []).length > 0),
  };
}

/** @throws FGKD_WEIGHTS_MISMATCH where anything is lacking, or does not fit */
function refuseMisfits(
  role: Role,
  file: string,
  { match, afresh, lacking, unfit, extra, names, entries }: WeightsComparison,
  misfits: readonly Misfit[],
  trained: boolean,
): void {
  const classifier = "problem" in match ? [`its classifier ${match.problem}`] : [];
  const frozen = trained ? [] : [...classifier, ...afresh.map(isMissing)];
  const problems = [
    ...frozen,
    ...[...unfit.values()].flat(),
    ...lacking.map((name) => ambiguity(name, names.ambiguous.get(name)) ?? isMissing(name)),
  ];
  if (problems.length === 0) return;
  const shown = lacking.length > 0 && extra.length > 0 ? withLooks(problems, [...entries.keys()]) : problems;
  const remedy = frozen.length > 0 && lacking.length === 0 ? wholeOrTrained(role) : undefined;
  throw weightsMismatch(role, file, shown, remedy, misfitTable(misfits, mostShown.refused));
}

function misfitsOf(
  { parameters: { shapes } }: Model,
  { unfit, lacking, extra, entries, entryOf }: WeightsComparison,
): readonly Misfit[] {
  return [
    ...[...unfit.keys(), ...lacking].map((name) => ({ name, theirs: entryOf(name)?.shape, ours: shapes.get(name) })),
    ...extra.map((name) => ({ name, theirs: entries.get(name)?.shape })),
  ];
}

/** @param leftOut where what does not fit is left out */
function warningsOf(
  role: Role,
  file: string,
  { match, afresh, extra }: WeightsComparison,
  leftOut: readonly Misfit[] | undefined,
): readonly string[] {
  return [
    "problem" in match && `${role}: the classifier in ${file} ${match.problem}; it starts afresh.`,
    leftOut &&
      leftOut.length > 0 &&
      `${role}: of ${file} not everything was loaded:\n${misfitTable(leftOut, mostShown.leftOut)}`,
    afresh.length > 0 && `${role}: ${file} has no ${listed(afresh)}; they start afresh.`,
    !leftOut && extra.length > 0 && `${role}: ${file} also has ${listed(extra)}, which the model does not use.`,
  ].filter((words) => typeof words === "string");
}

/** @param comparesClasses whether the order of the data's classes matters to the model */
function notesOf(
  role: Role,
  file: string,
  { match, names, reshaped, notes, namesClasses, hasClassifier }: WeightsComparison,
  comparesClasses: boolean,
): readonly string[] {
  const isTurned = !("problem" in match) && match.order !== undefined;
  return [
    ...notes.map((note) => `${role}: of ${file}, ${note}.`),
    ...ofAdapting(role, file, names, reshaped),
    isTurned &&
      `${role}: the classes in ${file} stand in another order than the data's; its classifier was put in order by their names.`,
    comparesClasses &&
      hasClassifier &&
      !namesClasses &&
      `${role}: ${file} does not name its classes; they are taken in the order of the data's.`,
  ].filter((words) => typeof words === "string");
}

/** What a model that nothing trains can do about a part that it lacks. */
export function wholeOrTrained(role: Role): string {
  return `Nothing trains this model, so that no part of it may start afresh: give models.${role}.weights a file that was made for these classes, or let a stage train it.`;
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
