/** Fills a model from a file of weights with public names. */
import { weightsMismatch } from "../values/errors.js";
import { type Logger, silentLogger } from "../values/logger.js";
import type { NamedArray } from "../values/named-array.js";
import type { Model, Role } from "./model.js";
import { readSafetensors } from "./safetensors.js";

/** What training tools put before every name of a whole checkpoint. */
const prefixes = ["module.", "model.", "state_dict."];

/**
 * Loads a safetensors file into a model.
 *
 * Prefixes that tools add (`module.`, `model.`, `state_dict.`) are taken off. A classifier for another number of classes
 * is dropped, and the model keeps its new one; so does what the model lets start afresh where the file does not have it.
 *
 * @param role for messages
 * @returns the names of the variables that the file filled
 * @throws FGKD_WEIGHTS_MISMATCH when a shape differs, or a variable outside the head is missing; FGKD_PATH,
 *   FGKD_CORRUPT_FILE
 */
export function loadWeights(
  role: Role,
  model: Model,
  file: string,
  logger: Logger = silentLogger,
): ReadonlySet<string> {
  const { shapes } = model.parameters;
  const given = withoutPrefixes(readSafetensors(file).tensors, shapes);
  const classifier = classifierNames(model);
  const dropped = [...classifier].filter((name) => {
    const array = given.get(name);
    return array && array.shape[0] !== shapes.get(name)?.[0];
  });
  const rejected = new Set(dropped.length > 0 ? classifier : []);
  const fitting = new Map([...given].filter(([name]) => shapes.has(name) && !rejected.has(name)));
  const missing = [...shapes.keys()].filter((name) => !fitting.has(name) && !isCounter(name));
  const excused = (name: string) => classifier.has(name) || isFresh(name, model);
  const problems = [
    ...shapeProblems(fitting, shapes),
    ...missing.filter((name) => !excused(name)).map((name) => `"${name}" is missing`),
  ];
  const unexpected = [...given.keys()].filter((name) => !shapes.has(name) && !isCounter(name));
  if (problems.length > 0)
    throw weightsMismatch(role, file, [...problems, ...unexpected.map((name) => `"${name}" is unexpected`)]);
  report(role, file, logger, { given, shapes, dropped, missing, unexpected });
  model.parameters.import(fitting);
  return new Set(fitting.keys());
}

function withoutPrefixes(
  tensors: ReadonlyMap<string, NamedArray>,
  shapes: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, NamedArray> {
  const strip = (name: string): string => {
    const prefix = shapes.has(name) ? undefined : prefixes.find((candidate) => name.startsWith(candidate));
    return prefix ? strip(name.slice(prefix.length)) : name;
  };
  return new Map([...tensors].map(([name, array]) => [strip(name), array]));
}

/** Public names of what belongs to the model's classes. */
function classifierNames({ parameters, classifier, head }: Model): ReadonlySet<string> {
  if (head) return new Set(head);
  const parts = new Set<unknown>(classifier ? [classifier.weight, classifier.bias] : []);
  return new Set([...parameters.trained].filter(([, variable]) => parts.has(variable)).map(([name]) => name));
}

function isFresh(name: string, { fresh = [] }: Model): boolean {
  return fresh.some((group) => name === group || name.startsWith(`${group}.`));
}

function shapeProblems(
  arrays: ReadonlyMap<string, NamedArray>,
  shapes: ReadonlyMap<string, readonly number[]>,
): string[] {
  return [...arrays].flatMap(([name, { shape }]) => {
    const wanted = shapes.get(name) ?? [];
    return String(shape) === String(wanted) ? [] : [`"${name}" is [${shape}], not [${wanted}]`];
  });
}

function isCounter(name: string): boolean {
  return name.endsWith("num_batches_tracked");
}

interface Findings {
  readonly given: ReadonlyMap<string, NamedArray>;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly dropped: readonly string[];
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

function report(
  role: Role,
  file: string,
  logger: Logger,
  { given, shapes, dropped, missing, unexpected }: Findings,
): void {
  const [first] = dropped;
  if (first !== undefined) {
    const [theirs, ours] = [given.get(first)?.shape[0], shapes.get(first)?.[0]];
    logger.warn(`${role}: the classifier in ${file} has ${theirs} classes, not ${ours}; it starts afresh.`);
  }
  const absent = missing.filter((name) => !given.has(name));
  if (absent.length > 0) logger.warn(`${role}: ${file} has no ${list(absent)}; they start afresh.`);
  if (unexpected.length > 0)
    logger.warn(`${role}: ${file} also has ${list(unexpected)}, which the model does not use.`);
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(", ");
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}
