/** `--set key=value`: one setting by its dotted path. */
import { type Config, invalidConfig } from "../index.js";

/** Keys that would reach into JavaScript's own objects. */
const refused = new Set(["__proto__", "constructor", "prototype"]);

/**
 * `optimizer.learningRate=0.1` as a config of one value. The value is read as JSON where it is JSON, else as text.
 *
 * @throws FGKD_INVALID_CONFIG without `=`, with an empty or a refused key
 */
export function parseSetting(text: string): Config {
  const equals = text.indexOf("=");
  if (equals < 1)
    throw invalidConfig("--set", `"${text}" is not key=value`, "Write, for example, --set optimizer.learningRate=0.1.");
  const keys = text.slice(0, equals).trim().split(".");
  for (const key of keys)
    if (key === "" || refused.has(key)) {
      throw invalidConfig(
        "--set",
        `"${keys.join(".")}" has a part "${key}", which is no setting`,
        "fgkd config lists the settings.",
      );
    }
  // Built as nested objects of text keys; resolveConfig checks every key and value.
  return keys.reduceRight<unknown>((value, key) => ({ [key]: value }), parseValue(text.slice(equals + 1))) as Config;
}

function parseValue(text: string): unknown {
  try {
    return withoutPrototypes(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

function withoutPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototypes);
  if (typeof value !== "object" || value === null) return value;
  for (const key of Object.keys(value))
    if (refused.has(key)) throw invalidConfig("--set", `the value has a key "${key}"`, "Leave that key out.");
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutPrototypes(inner)]));
}
