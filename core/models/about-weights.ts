/** What a file of weights says of its model: the metadata `fgkd`, as a run writes it. */

import { openTensorFile } from "../formats/open-tensor-file.js";
import { corruptFile } from "../values/errors.js";
import { isRecord } from "../values/unknown.js";
import type { PartialModelInput } from "./model.js";
import { notNormalisation } from "./normalisation.js";

/** The classes of the model in a file that a run has written; `undefined` where the file does not say. */
export function classesInWeights(file: string): readonly string[] | undefined {
  const { classes } = aboutWeights(file);
  return Array.isArray(classes) && classes.every((name) => typeof name === "string") ? classes : undefined;
}

/**
 * The input that the weights in a file are for; `undefined` where the file does not say. `crop` is not among it: it
 * means something only beside the size that images had before, which is the stage's.
 *
 * @throws FGKD_CORRUPT_FILE when what it says cannot be; FGKD_PATH
 */
export function inputInWeights(file: string): PartialModelInput | undefined {
  const { input, inputSize } = aboutWeights(file);
  if (!isRecord(input)) return undefined;
  const { mean, deviation, interpolation, channels } = input;
  // Before `input` was the model's own, the size stood beside it.
  const size = "size" in input ? input.size : inputSize;
  const check = (name: string, value: unknown, holds: boolean, remedy = "Export the file again.") => {
    if (value !== undefined && !holds)
      throw corruptFile(file, `says that the input's ${name} is ${JSON.stringify(value).slice(0, 80)}`, remedy);
  };
  for (const [name, values] of Object.entries({ mean, deviation }) as ["mean" | "deviation", unknown][]) {
    const wrong = isPerChannel(values) ? notNormalisation(name, values) : undefined;
    check(name, values, isPerChannel(values) && wrong === undefined, wrong && `${wrong}, and export the file again.`);
  }
  check("size", size, size === null || (Number.isSafeInteger(size) && (size as number) > 0));
  check("interpolation", interpolation, interpolation === "bilinear" || interpolation === "bicubic");
  check("channels", channels, channels === "rgb", 'Images are "rgb" here: turn the inputs of its first layer around.');
  // Every field was looked at just now.
  return { mean, deviation, size, interpolation } as PartialModelInput;
}

function isPerChannel(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length === 3 && value.every((one) => Number.isFinite(one));
}

/** The file may come from anywhere, and so may its text. */
function aboutWeights(file: string): Readonly<Record<string, unknown>> {
  try {
    const about: unknown = JSON.parse(openTensorFile(file).metadata.fgkd ?? "null");
    return isRecord(about) ? about : {};
  } catch (cause) {
    if (cause instanceof SyntaxError) return {};
    throw cause;
  }
}
