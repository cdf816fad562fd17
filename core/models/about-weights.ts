/** What a file of weights says of its model: as a run writes it (the metadata `fgkd`), or as others describe theirs. */
import { openTensorFile } from "../formats/open-tensor-file.js";
import { corruptFile } from "../values/errors.js";
import { isRecord } from "../values/unknown.js";
import { describedBeside, describedByMetadata, type FileInput, isPerChannel } from "./description.js";
import { notNormalisation } from "./normalisation.js";

/**
 * The classes of the model in a file, in the order of its classifier's rows; `undefined` where neither the file nor the
 * `config.json` beside it says.
 */
export function classesInWeights(file: string): readonly string[] | undefined {
  const { metadata } = openTensorFile(file);
  const { classes } = aboutWeights(metadata);
  if (Array.isArray(classes) && classes.every((name) => typeof name === "string")) return classes;
  return describedByMetadata(file, metadata).classes ?? describedBeside(file).classes;
}

/**
 * The input that the weights in a file are for; `undefined` where nothing says. Of each part the first word counts: a run's
 * metadata, other metadata, the `config.json` beside the file. `crop`, in pixels, is not among it: it means something only
 * beside the size that images had before, which is the stage's.
 *
 * @throws FGKD_CORRUPT_FILE when what it says cannot be; FGKD_PATH
 */
export function inputInWeights(file: string): FileInput | undefined {
  const { metadata } = openTensorFile(file);
  const said = [
    ofRun(file, aboutWeights(metadata)),
    describedByMetadata(file, metadata).input,
    describedBeside(file).input,
  ];
  const given = said.filter((one) => one !== undefined);
  return given.length === 0 ? undefined : Object.assign({}, ...given.toReversed());
}

function ofRun(file: string, { input, inputSize }: Readonly<Record<string, unknown>>): FileInput | undefined {
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
  const parts = Object.entries({ mean, deviation, size, interpolation }).filter(([, value]) => value !== undefined);
  // Every field was looked at just now.
  return Object.fromEntries(parts) as FileInput;
}

/** What a run says of a model that it exports; nothing of other files. The file may come from anywhere, and so may its text. */
export function aboutWeights({ fgkd = "null" }: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  try {
    const about: unknown = JSON.parse(fgkd);
    return isRecord(about) ? about : {};
  } catch (cause) {
    if (cause instanceof SyntaxError) return {};
    throw cause;
  }
}
