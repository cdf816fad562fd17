/** Fills a model from a file of weights with public names. */

import { openTensorFile } from "../formats/open-tensor-file.js";
import { corruptFile, weightsMismatch } from "../values/errors.js";
import { type Logger, silentLogger } from "../values/logger.js";
import type { NamedArray } from "../values/named-array.js";
import { classesInWeights, inputInWeights } from "./about-weights.js";
import { matchClasses, withRows } from "./class-order.js";
import type { Model, Role } from "./model.js";
import { checkValues } from "./sound-values.js";
import type { WeightsUse } from "./weights-comparison.js";
import { planWeights, wholeOrTrained } from "./weights-plan.js";

/**
 * Loads a file of weights, safetensors or PyTorch's, into a model.
 *
 * Prefixes that tools add (`module.`, `model.`, `state_dict.`, `_orig_mod.`) are taken off; names and shapes that others gave the
 * same network are brought to the model's where it knows them (`adapts`). The rows of a classifier are put
 * in the data's order by the names of the classes, where the file says these. In a model that is trained, a classifier for
 * other classes is dropped, and so is what the model lets start afresh where the file does not have it; a model that nothing
 * trains must come whole from its file.
 *
 * @param role for messages
 * @returns the names of the variables that the file filled
 * @throws FGKD_WEIGHTS_MISMATCH when a shape or a type differs, a variable is missing, a name could be two, or the classes are
 *   others than the data's; FGKD_CORRUPT_FILE, also for values that are not finite; FGKD_PATH
 */
export function loadWeights(
  role: Role,
  model: Model,
  file: string,
  logger: Logger = silentLogger,
  use: WeightsUse = {},
): ReadonlySet<string> {
  const { filled, reshaped, turned, warnings, notes } = planWeights(role, model, file, use);
  const tensors = openTensorFile(file).read(filled.values());
  const { shapes } = model.parameters;
  const arrays = new Map<string, NamedArray>();
  for (const [name, theirs] of filled) {
    const given = tensors.get(theirs);
    const reshape = reshaped.get(name);
    if (!given || String(given.shape) !== String(reshape?.from ?? shapes.get(name)))
      throw corruptFile(file, "was changed while it was read", "Try again when nobody writes it.");
    const array = reshape?.apply(given) ?? given;
    arrays.set(name, turned?.names.has(name) ? withRows(array, turned.order) : array);
  }
  checkValues(file, arrays, filled);
  for (const words of warnings) logger.warn(words);
  for (const words of notes) logger.info(words);
  model.parameters.import(arrays);
  return new Set(filled.keys());
}

/**
 * Looks at a file as far as that goes without its model: whether it is one, what it says of its input, and, for a model that
 * nothing trains, whether it was made for the data's classes. No value is read.
 *
 * @throws FGKD_WEIGHTS_MISMATCH, FGKD_CORRUPT_FILE, FGKD_PATH
 */
export function checkWeightsFile(role: Role, file: string, { classes = [], trained = true }: WeightsUse): void {
  openTensorFile(file);
  inputInWeights(file);
  const theirs = classesInWeights(file);
  if (trained || !theirs || classes.length === 0) return;
  const match = matchClasses(classes, theirs);
  if ("problem" in match) throw weightsMismatch(role, file, [`its classifier ${match.problem}`], wholeOrTrained(role));
}
