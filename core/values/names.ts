/** Names that become file names, keys and prefixes: of roles, stages and plugins. */
import { invalidName } from "./errors.js";

const longest = 64;
const pattern = /^[a-z0-9][\w.-]*$/i;
/** Devices, whatever ending follows. */
const windowsDevice = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Refuses a name that could not be, or should not be, the name of a file: a path, a name of JavaScript's own, one that a
 * system reserves or cannot hold.
 *
 * @param kind what is named: "model role", "stage", …
 * @throws FGKD_INVALID_NAME
 */
export function checkName(kind: string, name: unknown): void {
  const problem = problemOf(name);
  if (problem) throw invalidName(kind, name, problem);
}

/**
 * The same for several, which must also differ by more than capitals: some file systems see no difference there.
 *
 * @throws FGKD_INVALID_NAME
 */
export function checkNames(kind: string, names: Iterable<string>): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    checkName(kind, name);
    const other = seen.get(name.toLowerCase());
    if (other !== undefined && other !== name)
      throw invalidName(kind, name, `differs from "${other}" by capitals only`);
    seen.set(name.toLowerCase(), name);
  }
}

function problemOf(name: unknown): string | undefined {
  if (typeof name !== "string") return "is no text";
  if (name === "") return "is empty";
  if (name.length > longest) return `is longer than ${longest} characters`;
  if (name in {}) return "is a word of JavaScript's own";
  if (!pattern.test(name))
    return "has other characters than letters, digits, - _ and ., or does not begin with a letter or digit";
  if (name.endsWith(".")) return "ends with a dot";
  if (windowsDevice.test(name)) return "is the name of a device on Windows";
  return undefined;
}
