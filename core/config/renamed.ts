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
      .flatMap(([from, to]) => written(settings, from.split("."), to.split(".")))
      .reduce((current, { from, to }) => {
        const [taken, value] = take(current, from);
        if (value === undefined) return current;
        const [old, now] = [from, to].map((path) => prefix + path.join("."));
        words.push(`${origin}: ${old} is called ${now} now; the old name goes with the next version.`);
        return put(taken, to, value);
      }, settings);
  const whole = rename(config, "");
  // As much a C as it was: whoever asks checks it next, as any config that a stranger wrote.
  if (!isRecord(whole) || !isRecord(whole.stages)) return { config: whole as C, words };
  const stages = Object.entries(whole.stages).map(([stage, own]) => [stage, rename(own, `stages.${stage}.`)] as const);
  return { config: { ...whole, stages: Object.fromEntries(stages) } as C, words };
}

type Path = readonly string[];

/** A path for every name that the settings have in the place of its `*`. */
function written(settings: unknown, from: Path, to: Path): readonly { readonly from: Path; readonly to: Path }[] {
  const at = from.indexOf("*");
  if (at < 0) return [{ from, to }];
  const there = from.slice(0, at).reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), settings);
  const named = (path: Path, name: string) => path.map((key) => (key === "*" ? name : key));
  return isRecord(there) ? Object.keys(there).map((name) => ({ from: named(from, name), to: named(to, name) })) : [];
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
