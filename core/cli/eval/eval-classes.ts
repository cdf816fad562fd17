/** The classes that `--only-classes` names. */
import { invalidConfig, unknownName } from "../../index.js";

/**
 * Their positions, in label order; `undefined` where all are asked.
 *
 * @param texts names with commas between them; a name that has commas stands alone
 * @throws FGKD_UNKNOWN_NAME, FGKD_INVALID_CONFIG for fewer than two
 */
export function classesAsked(
  texts: readonly string[] | undefined,
  classes: readonly string[],
): readonly number[] | undefined {
  if (texts === undefined) return undefined;
  const composed = classes.map((name) => name.normalize("NFC"));
  const names = texts
    .map((text) => text.normalize("NFC"))
    .flatMap((text) => (composed.includes(text) ? [text] : text.split(",").map((name) => name.trim())));
  const strange = names.find((name) => !composed.includes(name));
  if (strange !== undefined) throw unknownName("class", strange, classes, "A name with commas in it is given alone.");
  const kept = [...composed.keys()].filter((label) => names.includes(composed[label] as string));
  if (kept.length > 1) return kept;
  throw invalidConfig("--only-classes", "one class leaves a model nothing to choose from", "Name two or more.");
}
