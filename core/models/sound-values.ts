/** Values that no sound training leaves behind, looked for in what a file fills a model with. */
import { corruptFile } from "../values/errors.js";
import type { NamedArray } from "../values/named-array.js";
import { quoted } from "./weight-names.js";

/** Looked for natively: a loop over 88 million values waits for the compiler. */
const unsound = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

const remedy = "Give a file of a training that did not break down, or export it again.";

/**
 * @param arrays by the model's name
 * @param names by the model's name, the file's
 * @throws FGKD_CORRUPT_FILE with the name of the tensor: a value is not finite, a variance is below 0, a count is none, or
 *   every weight is 0
 */
export function checkValues(
  file: string,
  arrays: ReadonlyMap<string, NamedArray>,
  names: ReadonlyMap<string, string>,
): void {
  for (const [name, { data }] of arrays) {
    const problem = data instanceof BigInt64Array ? undefined : problemIn(name, data);
    if (problem) throw corruptFile(file, `tensor ${quoted(names.get(name) ?? name)} ${problem}`, remedy);
  }
  // Norms may begin at 0, and so may a classifier; not everything.
  const weights = [...arrays.values()].filter(({ shape }) => shape.length > 1);
  if (weights.length > 0 && weights.every(({ data }) => data.every((value) => value === 0)))
    throw corruptFile(file, "holds nothing but zeros in every weight", remedy);
}

function problemIn(name: string, data: Float32Array): string | undefined {
  if (unsound.some((value) => data.includes(value))) {
    const broken = data.filter((value) => !Number.isFinite(value));
    return `holds ${broken[0]} (${broken.length} of its ${data.length} values are not finite)`;
  }
  const isVariance = name.endsWith("running_var");
  if (isVariance && data.some((value) => value < 0)) return `holds a variance of ${data.find((value) => value < 0)}`;
  const isCount = name.endsWith("num_batches_tracked");
  if (isCount && !data.every(Number.isSafeInteger)) return `holds ${data[0]}, not a whole number`;
  return undefined;
}
