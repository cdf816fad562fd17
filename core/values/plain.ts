/** Settings are plain data: what comes from files and command lines is looked at before anything walks into it. */
import { invalidConfig } from "./errors.js";

/** Keys that would reach into JavaScript's own objects. */
const refused = new Set(["__proto__", "constructor", "prototype"]);

/** Far deeper than any setting lies. */
const deepest = 32;

/** Values in one layer of settings; an alias in YAML counts as often as it is used. */
const most = 100_000;

export function isRefusedKey(key: string): boolean {
  return refused.has(key);
}

/**
 * Refuses what is not data as JSON has it: a run folder could not keep it. Also what is too deep or too much to walk
 * through, and keys that mean something to JavaScript itself.
 *
 * @param origin where the settings come from, for the message
 * @throws FGKD_INVALID_CONFIG naming the place
 */
export function checkPlain(settings: unknown, origin: string): void {
  let seen = 0;
  const walk = (value: unknown, path: readonly string[]) => {
    const fail = (problem: string, remedy: string) =>
      invalidConfig(
        origin,
        `${path.length > 8 ? `…${path.slice(-8).join(".")}` : path.join(".") || "it"} ${problem}`,
        remedy,
      );
    if (++seen > most) throw fail(`is one of more than ${most} values`, "Settings are small: leave out what is none.");
    if (path.length > deepest)
      throw fail(`lies more than ${deepest} levels deep`, "No setting does: fgkd config lists them.");
    const problem = problemOf(value);
    if (problem) throw fail(problem, "Settings are text, numbers, true, false, null, and lists and objects of them.");
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (refused.has(key)) throw fail(`has a key "${key}", which is no setting`, "Leave that key out.");
      walk(inner, [...path, key]);
    }
  };
  walk(settings, []);
}

/** `undefined` is a setting left out: presets are written that way. */
function problemOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? undefined : `is ${value}`;
    case "function":
    case "symbol":
    case "bigint":
      return `is a ${typeof value}`;
    case "object": {
      const prototype: unknown = value === null ? null : Object.getPrototypeOf(value);
      return prototype === null || Array.isArray(value) || isPlainPrototype(prototype)
        ? undefined
        : "is no plain object";
    }
    default:
      return undefined;
  }
}

/** Also of another realm, as objects of a config file's own context have it: the end of the chain, with a constructor. */
function isPlainPrototype(prototype: unknown): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf");
}
