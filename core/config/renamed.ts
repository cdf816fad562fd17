/** Settings that are called otherwise now: the old name goes on for one version, with a line that tells the new one. */
import { isRecord } from "../values/unknown.js";

/** By old path the new one; of settings of a run, and of each of its stages. `*` stands for every name there. */
const renamed: Readonly<Record<string, string>> = {
  turn: "stepsPerTurn",
  "options.judges": "options.generated-outputs",
  "models.*.inputSize": "models.*.input.size",
};

/** A config without old names. */
export interface Renamed<C> {
  readonly config: C;
  /** A line for each old name that was there. */
  readonly words: readonly string[];
}

/**
 * The config with every old name replaced by the new one; what already says the new one keeps that.
 *
 * @param origin where the config comes from, for the words
 * @param paths old paths and new ones, dotted. Default: the settings that this version has renamed
 */
export function withNewNames<C>(config: C, origin: string, paths = renamed): Renamed<C> {
  const words: string[] = [];
  const rename = (settings: unknown, prefix: string): unknown =>
    Object.entries(paths)
      .flatMap((path) => written(settings, path))
      .reduce((current, [from, to]) => {
        const [taken, value] = take(current, from.split("."));
        if (value === undefined) return current;
        words.push(
          `${origin}: ${prefix}${from} is called ${prefix}${to} now; the old name goes with the next version.`,
        );
        return put(taken, to.split("."), value);
      }, settings);
  const whole = rename(config, "");
  if (!isRecord(whole) || !isRecord(whole.stages)) return { config: whole as C, words };
  const stages = Object.entries(whole.stages).map(([stage, own]) => [stage, rename(own, `stages.${stage}.`)] as const);
  // Checked as any config is, after this.
  return { config: { ...whole, stages: Object.fromEntries(stages) } as C, words };
}

/** A path with every name that the settings have in the place of its `*`. */
function written(settings: unknown, [from, to]: readonly [string, string]): readonly (readonly [string, string])[] {
  const [before = "", after] = from.split("*");
  if (after === undefined) return [[from, to]];
  const keys = before.split(".").filter(Boolean);
  const there = keys.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), settings);
  return isRecord(there) ? Object.keys(there).map((name) => [from.replace("*", name), to.replace("*", name)]) : [];
}

/** What stands at a path, and the rest without it. */
function take(from: unknown, [key = "", ...rest]: readonly string[]): readonly [rest: unknown, value: unknown] {
  if (!isRecord(from) || !Object.hasOwn(from, key)) return [from, undefined];
  const { [key]: own, ...others } = from;
  if (rest.length === 0) return [others, own];
  const [inner, value] = take(own, rest);
  return [{ ...others, [key]: inner }, value];
}

function put(into: unknown, [key = "", ...rest]: readonly string[], value: unknown): unknown {
  const record = isRecord(into) ? into : {};
  if (rest.length > 0) return { ...record, [key]: put(record[key], rest, value) };
  return Object.hasOwn(record, key) ? record : { ...record, [key]: value };
}
