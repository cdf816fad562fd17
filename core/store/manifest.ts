/** What a run depended on, and how what goes on now differs from it. */
import { readFileSync } from "node:fs";
import { withNewNames } from "../config/renamed.js";
import type { UsedEngine } from "../ops/engine.js";
import type { Run } from "../run/run.js";
import type { Spent } from "../run/run-state.js";
import { isRecord } from "../values/unknown.js";
import { named, show } from "../values/words.js";

/** Seconds and images by stage. */
export type SpentByStage = Readonly<Record<string, Spent>>;

/** `manifest.json`: what the run depended on, and what its stages took. */
export interface Manifest {
  readonly fgkd: string;
  readonly node: string;
  readonly engine: string;
  /** Options of the engine, such as its threads. */
  readonly engineOptions?: UsedEngine["options"];
  /** Version of the engine's library. */
  readonly engineVersion?: string;
  /** What touches pixels or rounding besides, by name: versions. */
  readonly libraries?: Readonly<Record<string, string>>;
  readonly preset: string;
  readonly seed: number;
  readonly classes: readonly string[];
  /** By stage: fingerprints. */
  readonly data: Readonly<Record<string, string>>;
  /** By stage, over all sittings. */
  readonly seconds: Readonly<Record<string, number>>;
  /** By stage, over all sittings: images trained on, each as often as it was seen. */
  readonly images: Readonly<Record<string, number>>;
  /** Present when the run went on with --force: what differed each time. */
  readonly forced?: readonly string[];
}

export function manifestOf(
  run: Run,
  engine: UsedEngine,
  spent: SpentByStage = {},
  forced: readonly string[] = [],
): Manifest {
  const each = (key: "seconds" | "images") =>
    Object.fromEntries(Object.entries(spent).map(([stage, values]) => [stage, values[key]]));
  return {
    fgkd: version(),
    node: process.version,
    engine: engine.name,
    engineOptions: engine.options,
    engineVersion: engine.version,
    libraries: run.libraries,
    preset: run.preset.name,
    seed: run.config.run.seed,
    classes: run.classes,
    data: run.fingerprints,
    seconds: each("seconds"),
    images: each("images"),
    ...(forced.length > 0 && { forced }),
  };
}

/** The engine of an earlier sitting as one would choose it: number of threads and all, wherever the run goes on. */
export function engineOf({ engine, engineOptions }: Manifest): { readonly name: string } {
  return { name: engine, ...engineOptions };
}

/** The settings of a run as they came out, as JSON has them. */
export function resolvedOf({ config }: Run): Resolved {
  return JSON.parse(JSON.stringify({ run: config.run, stages: config.stages })) as Resolved;
}

export interface Resolved {
  readonly run: unknown;
  /** Of each stage everything, what it shares with the run included. */
  readonly stages: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface Differences {
  /** In words; empty when the run goes on as it began. */
  readonly differences: readonly string[];
  /** What going on nevertheless would cost. */
  readonly risks: readonly string[];
  /** Differences that are worth a word, but refuse nothing. */
  readonly notices: readonly string[];
  /** Settings that are others from here on, and may be. */
  readonly corrections: readonly string[];
}

interface DifferencesOptions {
  /** Whether the run was asked to go on with further stages, which may say what they like. */
  readonly grown?: boolean;
  /** Whether it had come to a checkpoint, and so to a manifest. */
  readonly hadStarted?: boolean;
  /** Why a setting cannot be corrected, or `null`; by its path. Default: none can. */
  readonly reasonAgainst?: (path: string) => string | null;
  /** Packages of another version, in words. */
  readonly others?: readonly string[];
}

/** What a resumed run must share with its beginning, and what it costs when it does not. */
const shared = {
  fgkd: "another version may compute otherwise, or not read the checkpoint",
  engine: "engines differ in rounding, so the result is not that of an uninterrupted run",
  engineOptions: "the engine may add up in another order, so the result may not be that of an uninterrupted run",
  engineVersion: "another version of the engine's library may round otherwise",
  preset: "the method changes midway",
  seed: "the order of images changes midway",
  data: "the images change midway, and accuracies before and after are not of the same test",
  classes: "labels change their meaning",
} as const;

/**
 * @param then the manifest of the run; `null` when it had none yet
 * @param resolved the settings of the run, as its folder has them
 */
export function differences(
  then: Manifest | null,
  manifest: Manifest,
  resolved: Resolved,
  run: Run,
  { grown = false, hadStarted = false, reasonAgainst = () => "", others = [] }: DifferencesOptions = {},
): Differences {
  const known = { ...manifest, engineOptions: comparable(then?.engineOptions, manifest.engineOptions) };
  const now = grown && then ? { ...known, data: only(then.data, manifest.data) } : known;
  const is = grown ? withoutGrowth(resolved, resolvedOf(run), run.preset.name) : resolvedOf(run);
  const keys = Object.keys(shared) as (keyof typeof shared)[];
  const other = then ? keys.filter((key) => text(then[key]) !== text(now[key])) : [];
  const words = other.map((key) => `${key} was ${recorded(then?.[key])}, is ${recorded(now[key])}`);
  const lost = !then && hadStarted ? ["manifest.json is missing"] : [];
  const found = differentPaths(stagesOf(resolved), stagesOf(is), "stages");
  const judged = found.map((difference) => ({ ...difference, reason: reasonAgainst(difference.path) }));
  const settings = judged.filter(({ reason }) => reason !== null);
  const inWords = ({ path, was, is }: Difference) => `${path} was ${recorded(was)}, is ${recorded(is)}`;
  const shown = settings.slice(0, 5).map((one) => `${inWords(one)}${one.reason && `, though ${one.reason}`}`);
  const more = settings.length > 5 ? [`${settings.length - 5} more settings differ`] : [];
  return {
    differences: [...lost, ...words, ...others, ...shown, ...more],
    risks: [
      ...lost.map(() => "version, engine, data and classes may be others than before"),
      ...other.map((key) => shared[key]),
      ...others.map(() => "another version of a package may compute otherwise"),
      ...(settings.length > 0 ? ["the settings change midway"] : []),
    ],
    notices: then ? noticesOf(then, now) : [],
    corrections: judged.filter(({ reason }) => reason === null).map(inWords),
  };
}

/** Node.js and libraries; of those only what the earlier manifest tells of. */
function noticesOf(then: Manifest, now: Manifest): readonly string[] {
  const began = (name: string, was: string, is: string) =>
    `The run began under ${name} ${was} and goes on under ${is}: last bits may differ.`;
  const others = Object.entries(then.libraries ?? {}).filter(([name, was]) => now.libraries?.[name] !== was);
  return [
    ...(then.node === now.node ? [] : [began("Node.js", then.node, now.node)]),
    ...others.map(([name, was]) => began(named(name), named(was), now.libraries?.[name] ?? "none")),
  ];
}

/** Of the engine's options those that the earlier manifest tells of: a run of an earlier version knew fewer. */
function comparable(then: UsedEngine["options"], now: UsedEngine["options"]): UsedEngine["options"] {
  return then && now ? only(then, now) : now;
}

/** What now stands under the keys of then. */
function only<T>(
  then: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(now).filter(([key]) => key in then));
}

/** The settings of the earlier stages, without the models and the number of stages that the run has grown to. */
function withoutGrowth(then: Resolved, { run, stages }: Resolved, preset: string): Resolved {
  const kept = Object.entries(only(then.stages, stages)).map(([stage, settings]) => {
    const earlier = then.stages[stage] as Readonly<Record<"models" | "options", Readonly<Record<string, unknown>>>>;
    const { models, options } = settings as typeof earlier;
    const { [preset]: _, ...others } = options;
    const own = preset in earlier.options ? { [preset]: earlier.options[preset] } : {};
    return [stage, { ...settings, models: only(earlier.models, models), options: { ...others, ...own } }] as const;
  });
  return { run, stages: Object.fromEntries(kept) };
}

/** Without what does not bear on the result, and what the manifest has. */
function stagesOf({ stages }: Resolved): unknown {
  // A run may have begun under older names.
  const { config } = withNewNames({ stages }, "");
  const kept = Object.entries(config.stages ?? {}).map(([name, settings]) => {
    const { engine: _, seed: _seed, checkpoints: _c, watchdogs: _w, report: _report, ...rest } = settings;
    return [name, rest] as const;
  });
  return Object.fromEntries(kept);
}

interface Difference {
  readonly path: string;
  readonly was: unknown;
  readonly is: unknown;
}

function differentPaths(was: unknown, is: unknown, path: string): readonly Difference[] {
  if (text(was) === text(is)) return [];
  if (!isRecord(was) || !isRecord(is)) return [{ path, was, is }];
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return keys.flatMap((key) => differentPaths(was[key], is[key], `${path}.${key}`));
}

/** Keys in order, so that the order in which settings were laid does not count. */
function text(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) =>
      isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
    ) ?? "nothing"
  );
}

const recorded = (value: unknown) => (value === undefined ? "not recorded" : show(value));

/** Of this package. */
export function version(): string {
  // From dist/core/store and from core/store alike, the package file is found by walking up.
  for (const up of ["../../package.json", "../../../package.json"]) {
    try {
      return (JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8")) as { readonly version: string }).version;
    } catch {
      // Not at this height.
    }
  }
  return "unknown";
}
