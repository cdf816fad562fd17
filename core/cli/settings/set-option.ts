/** `--set key=value`: one setting by its dotted path. */
import { type Config, checkPlain, invalidConfig, isRefusedKey } from "../../index.js";

/** Parts of a path; no setting lies deeper. */
const deepest = 16;

/**
 * `optimizer.learningRate=0.1` as a config of one value. The value is read as JSON where it is JSON, else as text.
 *
 * @throws FGKD_INVALID_CONFIG without `=`, with an empty or a refused key
 */
export function parseSetting(text: string): Config {
  const equals = text.indexOf("=");
  if (equals < 1)
    throw invalidConfig("--set", `"${text}" is not key=value`, "Write, for example, --set optimizer.learningRate=0.1.");
  const path = text.slice(0, equals).trim();
  const keys = path.split(".", deepest + 1);
  const help = "fgkd config lists the settings.";
  if (keys.length > deepest)
    throw invalidConfig("--set", `"${path.slice(0, 60)}…" has more than ${deepest} parts`, help);
  for (const key of keys)
    if (key === "" || isRefusedKey(key))
      throw invalidConfig("--set", `"${path}" has a part "${key}", which is no setting`, help);
  // Built as nested objects of text keys; resolveConfig checks every key and value.
  return keys.reduceRight<unknown>((value, key) => ({ [key]: value }), parseValue(text.slice(equals + 1))) as Config;
}

function parseValue(text: string): unknown {
  const value = parseJson(text);
  checkPlain(value, "--set: the value");
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON: text, as most values are typed.
    return text;
  }
}
