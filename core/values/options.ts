/** Options of plugins and registry entries: defaults, and the refusal of what is not known. */
import { invalidOption, unknownOption } from "./errors.js";

/**
 * Defaults overlaid with what was given. The keys of `defaults` are the options that exist; a default's type is the
 * type an option must have (a default of `undefined` or `null` accepts any).
 *
 * @param beside options that the same line of config takes for others, known to whoever misspells one
 * @throws FGKD_UNKNOWN_OPTION, FGKD_INVALID_OPTION
 */
export function resolveOptions<O extends object>(
  owner: string,
  defaults: O,
  given: Readonly<Record<string, unknown>>,
  beside: readonly string[] = [],
): O {
  const known = Object.keys(defaults);
  for (const [key, value] of Object.entries(given)) {
    if (!known.includes(key)) throw unknownOption(owner, key, [...known, ...beside]);
    if (value !== undefined) checkType(owner, key, defaults[key as keyof O], value);
  }
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(said) };
}

function checkType(owner: string, option: string, fallback: unknown, value: unknown): void {
  if (fallback === undefined || fallback === null || value === null) return;
  const expected = Array.isArray(fallback) ? "an array" : typeof fallback;
  const received = Array.isArray(value) ? "an array" : typeof value;
  if (expected === received) return;
  throw invalidOption(owner, option, `${article(expected)}`, value, `The default is ${JSON.stringify(fallback)}.`);
}

function article(type: string): string {
  return type === "an array" ? type : `a ${type}`;
}
