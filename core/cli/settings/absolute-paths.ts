/** Which settings are paths, and from where they are meant: from where they were written, wherever a run goes on. */
import { resolve } from "node:path";
import { isNamed } from "../../index.js";
import { isFile } from "../project/modules.js";

/** No settings lie deeper; what does is refused by whoever reads it. */
const deepest = 40;

/**
 * The same with absolute paths. One rule says what is a path: `weights` of a model but for the short name of public ones, every option that is called `path`,
 * `paths`, `…Path` or `…Paths` (a text or a list of them), and under any other name what begins with `../` or `../../`. An address
 * (`https://…`) is none.
 *
 * @param folder from which relative ones are meant: that of the file, or the working directory of the command
 */
export function withAbsolutePaths<T>(settings: T, folder: string): T {
  // Only texts change, so it is as much a T as before; whatever else stands there is left for resolveConfig to judge.
  return walk(settings, [], folder) as T;
}

/** A name in a list of plugins, or of a preset: absolute where it means a file of that folder, else as it is. */
export function absoluteFile(name: string, folder: string): string {
  return isFile(name, folder) ? resolve(folder, name) : name;
}

function walk(value: unknown, trail: readonly string[], folder: string): unknown {
  if (typeof value === "string") return isPath(value, trail) ? resolve(folder, value) : value;
  if (typeof value !== "object" || value === null || trail.length > deepest) return value;
  if (Array.isArray(value)) return value.map((inner: unknown) => walk(inner, trail, folder));
  // A class of the user's own is no settings.
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner, [...trail, key], folder)]));
}

function isPath(value: string, trail: readonly string[]): boolean {
  if (/^\.\.?[\\/]/.test(value)) return true;
  if (value === "" || /^[a-z][a-z\d+.-]+:\/\//i.test(value)) return false;
  const [of, , key = ""] = ["", "", "", ...trail].slice(-3);
  return /^paths?$|Paths?$/.test(key) || (key === "weights" && of === "models" && !isNamed(value));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
