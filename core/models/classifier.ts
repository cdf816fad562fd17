/** The part of a model that belongs to its classes, by the names of its weights. */

import type { TensorEntry } from "../formats/tensor-file.js";
import { type ClassMatch, matchClasses } from "./class-order.js";
import type { Model } from "./model.js";

/** Public names of what belongs to the model's classes. */
export function classifierNames({ parameters, classifier, head }: Model): ReadonlySet<string> {
  return head ? new Set(head) : lastLayer({ parameters, classifier });
}

/**
 * Of these, the weights that have a row for each class: those that the model names, of the linear classifier, or of the one
 * layer of the head that has as many outputs as there are classes. `undefined` where several layers have.
 */
export function classRows(model: Model, classes: number): ReadonlySet<string> | undefined {
  const { shapes } = model.parameters;
  if (model.classRows) return new Set(model.classRows);
  const last = lastLayer(model);
  if (last.size > 0) return last;
  const rows = (model.head ?? []).filter((name) => shapes.get(name)?.[0] === classes);
  const layers = new Set(rows.map((name) => name.slice(0, name.lastIndexOf("."))));
  return layers.size === 1 ? new Set(rows) : undefined;
}

function lastLayer({ parameters, classifier }: Pick<Model, "parameters" | "classifier">): ReadonlySet<string> {
  const parts = new Set<unknown>(classifier ? [classifier.weight, classifier.bias] : []);
  return new Set([...parameters.trained].filter(([, variable]) => parts.has(variable)).map(([name]) => name));
}

/**
 * Whether the classifier in a file is for the model's classes.
 *
 * @param ours of the data, in label order; none: only their number is compared
 * @param theirs of the file, where it says so
 * @param entryOf what the file has for a name of the model
 */
export function matchClassifier(
  model: Model,
  ours: readonly string[],
  theirs: readonly string[] | undefined,
  entryOf: (name: string) => TensorEntry | undefined,
): ClassMatch {
  const { shapes } = model.parameters;
  const rows = classRows(model, ours.length);
  for (const name of classifierNames(model)) {
    const [there, here] = [entryOf(name)?.shape[0], shapes.get(name)?.[0]];
    if (there === undefined || there === here) continue;
    const isRow = rows === undefined || rows.has(name);
    return { problem: isRow ? `has ${there} classes, not ${here}` : `has a layer of ${there} values, not ${here}` };
  }
  // What makes images has no classes, whatever its file says of the run that it is from.
  if (!theirs || ours.length === 0 || model.makes) return { order: undefined };
  const match = matchClasses(ours, theirs);
  if ("problem" in match || match.order === undefined || rows) return match;
  return { problem: "has the data's classes in another order, and which of its weights follow them is not known" };
}
