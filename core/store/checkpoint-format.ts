/** What stands in a checkpoint: a run's state as a text and a file of tensors, each with its checksum. */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BestEpoch } from "../evaluation/epochs.js";
import { encodeSafetensors, readSafetensors } from "../formats/safetensors.js";
import type { StageState } from "../lifecycle/stage.js";
import type { RunState } from "../run/run-state.js";
import { corruptFile, FgkdError, notComposed } from "../values/errors.js";
import type { NamedArray } from "../values/named-array.js";
import type { Json, SavedState } from "../values/state.js";
import { show } from "../values/words.js";
import { readJsonFile } from "./json-file.js";
import { checkSavedState } from "./run-files.js";
import { isRunId, type RunId } from "./run-id.js";

/** Raised when an older fgkd could not read what a newer one writes. */
const format = 2;

/** In bytes of JSON, tensors apart. What is larger would be refused when it is read, so it is not written. */
const largestState = 2 ** 26;

/** A checkpoint ready to be written, by this thread or by another: bytes and text alone. */
export interface PackedCheckpoint {
  /** See `checkpointName`. */
  readonly name: string;
  /** Whose it is. */
  readonly run: RunId;
  /** Everything but the tensors, as JSON. */
  readonly state: string;
  /** A safetensors file, in pieces. */
  readonly tensors: readonly Uint8Array[];
  /** The stage whose best epoch has just ended, where that is so. */
  readonly best?: string;
}

/**
 * Copies what is needed of a state. Nothing that happens to the run afterwards reaches the copy.
 *
 * @throws FGKD_PLUGIN_FAILED when a plugin puts into JSON what belongs into tensors
 */
export function packCheckpoint(state: RunState, best?: string, run: RunId = null): PackedCheckpoint {
  const { values, tensors } = flatten(state);
  const text = JSON.stringify(values);
  if (text.length > largestState / 2) checkSize(text, values);
  return {
    name: checkpointName(state),
    run,
    state: text,
    tensors: [...encodeSafetensors({ tensors, metadata: { format: "fgkd-checkpoint" } })],
    ...(best !== undefined && { best }),
  };
}

/** The text of the JSON file, which makes a checkpoint of a file of tensors. */
export function describeCheckpoint({ state, run }: PackedCheckpoint, tensors: string, tensorsSha256: string): string {
  const about = { format, ...(run !== null && { run }), tensors, tensorsSha256, stateSha256: digest(state) };
  return `${JSON.stringify(about).slice(0, -1)},"state":${state}}\n`;
}

/** What a checkpoint's JSON file says of itself. */
export interface AboutCheckpoint {
  /** Whose it is; absent where that cannot be read. */
  readonly run?: RunId;
  /** The file of tensors that it names; `null` where it names none. */
  readonly tensors: string | null;
}

export function aboutCheckpoint(path: string): AboutCheckpoint {
  try {
    const { tensors, run = null } = readJsonFile(path, largestState) as Readonly<Record<string, unknown>>;
    const named = typeof tensors === "string" && isTensorsName(tensors) ? tensors : null;
    return { tensors: named, ...(isRunId(run) && { run }) };
  } catch {
    return { tensors: null };
  }
}

/** The steps of a checkpoint, then, where another run has that name, a sign of whose it is. */
export function isTensorsName(file: string): boolean {
  return /^\d+(-\w{1,8})?\.safetensors$/.test(file);
}

/**
 * Reads a checkpoint and checks both of its checksums.
 *
 * @param path of the JSON file
 * @throws FGKD_CORRUPT_FILE
 */
export function readCheckpoint(path: string): RunState {
  const remedy = "It was not written to its end, or was changed since.";
  try {
    const file = readJsonFile(path, largestState) as Readonly<Record<string, unknown>>;
    if (file.format !== format) throw corruptFile(path, `is of format ${show(file.format)}, not ${format}`, remedy);
    const { tensors } = aboutCheckpoint(path);
    if (tensors === null) throw corruptFile(path, "names no file of tensors", remedy);
    if (digest(JSON.stringify(file.state)) !== file.stateSha256)
      throw corruptFile(path, "does not have the checksum it names", remedy);
    const tensorPath = join(dirname(path), tensors);
    if (digestOfFile(tensorPath) !== file.tensorsSha256)
      throw corruptFile(tensorPath, "does not have the checksum its checkpoint names", remedy);
    checkSavedState(file.state);
    const state = unflatten(file.state as Flat["values"], readSafetensors(tensorPath).tensors);
    if (!tensors.startsWith(checkpointName(state)))
      throw corruptFile(path, `is of step ${Number(checkpointName(state))}, but names ${tensors}`, remedy);
    return state;
  } catch (cause) {
    // Whatever is not JSON, or not of a checkpoint's form, ends up here.
    throw cause instanceof FgkdError
      ? cause
      : corruptFile(path, `cannot be read (${(cause as Error).message})`, remedy);
  }
}

function digest(value: string | Uint8Array): string {
  return createHash("sha256").update(value).digest("hex");
}

/** SHA-256, piece by piece: a file may be larger than what Node reads at once. */
export function digestOfFile(path: string): string {
  const about = statSync(path);
  if (!about.isFile()) throw new Error(`${path} is not a file`);
  const file = openSync(path, "r");
  try {
    const hash = createHash("sha256");
    const piece = new Uint8Array(Math.min(about.size + 1, 2 ** 22));
    for (let count = readSync(file, piece); count > 0; count = readSync(file, piece))
      hash.update(piece.subarray(0, count));
    return hash.digest("hex");
  } finally {
    closeSync(file);
  }
}

function checkSize(text: string, { stages }: Flat["values"]): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= largestState) return;
  const sizes = Object.values(stages).flatMap(({ plugins }) =>
    Object.entries(plugins).map(([plugin, saved]) => ({ plugin, size: JSON.stringify(saved).length })),
  );
  const { plugin = "a plugin" } = sizes.sort((a, b) => b.size - a.size)[0] ?? {};
  const problem = `a run's state would take ${bytes} bytes of JSON, and ${largestState} are the most. Keep what is large as tensors`;
  throw notComposed(plugin, "save", problem);
}

/** By all stages. */
export function stepsTaken({ stages }: Pick<RunState, "stages">): number {
  return Object.values(stages).reduce((sum, { taken }) => sum + taken, 0);
}

/** The steps taken, in nine digits: names sort as they follow each other. */
export const checkpointName = (state: Pick<RunState, "stages">) => String(stepsTaken(state)).padStart(9, "0");

/** A state with its tensors taken out, under names that say whose they are. */
interface Flat {
  readonly values: {
    readonly stages: Readonly<
      Record<
        string,
        Omit<StageState, "optimizer" | "plugins" | "best"> & {
          readonly updates?: number;
          /** Whether it has weights, the names of its tensors say. */
          readonly best?: Omit<BestEpoch, "weights">;
          readonly plugins: Readonly<Record<string, Json>>;
        }
      >
    >;
    readonly roles: readonly string[];
    readonly inputs?: RunState["inputs"];
    readonly random: RunState["random"];
    readonly history: RunState["history"];
    readonly spent?: RunState["spent"];
  };
  readonly tensors: ReadonlyMap<string, NamedArray>;
}

function flatten({ stages, models, inputs, random, history, spent }: RunState): Flat {
  const tensors = new Map<string, NamedArray>();
  const put = (prefix: string, named: Iterable<readonly [string, NamedArray]> = []) => {
    for (const [name, array] of named) tensors.set(`${prefix}/${name}`, array);
  };
  for (const [role, arrays] of Object.entries(models)) put(`models/${role}`, arrays);
  const flat = Object.entries(stages).map(([stage, { optimizer, plugins, best, ...place }]) => {
    put(`stages/${stage}/optimizer`, optimizer?.slots);
    put(`stages/${stage}/best`, best?.weights);
    const { weights: _, ...chosen } = best ?? {};
    for (const [plugin, saved] of Object.entries(plugins))
      put(`stages/${stage}/plugins/${plugin}`, copy(saved.tensors));
    const values = Object.entries(plugins).map(([plugin, saved]) => [plugin, saved.values ?? null] as const);
    return [
      stage,
      {
        ...place,
        ...(optimizer && { updates: optimizer.count }),
        ...(best && { best: chosen as BestEpoch }),
        plugins: Object.fromEntries(values),
      },
    ] as const;
  });
  const roles = Object.keys(models);
  return { values: { stages: Object.fromEntries(flat), roles, inputs, random, history, spent }, tensors };
}

/** A plugin may hand out the arrays it works with; those of models and optimisers are copies already. */
function copy(tensors: SavedState["tensors"]): ReadonlyMap<string, NamedArray> {
  return new Map([...(tensors ?? [])].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}

function unflatten(values: Flat["values"], tensors: ReadonlyMap<string, NamedArray>): RunState {
  const take = (prefix: string) =>
    new Map(
      [...tensors]
        .filter(([name]) => name.startsWith(`${prefix}/`))
        .map(([name, array]) => [name.slice(prefix.length + 1), array]),
    );
  const stages = Object.entries(values.stages).map(([stage, { updates, plugins, best, ...place }]) => {
    const restored = Object.entries(plugins).map(([plugin, saved]): [string, SavedState] => [
      plugin,
      { values: saved, tensors: take(`stages/${stage}/plugins/${plugin}`) },
    ]);
    const optimizer = updates === undefined ? undefined : { count: updates, slots: take(`stages/${stage}/optimizer`) };
    const weights = take(`stages/${stage}/best`);
    const chosen = best && { best: { ...best, ...(weights.size > 0 && { weights }) } };
    const own = { ...(optimizer && { optimizer }), ...chosen };
    return [stage, { ...place, ...own, plugins: Object.fromEntries(restored) }] as const;
  });
  return {
    stages: Object.fromEntries(stages),
    models: Object.fromEntries(values.roles.map((role) => [role, take(`models/${role}`)])),
    ...(values.inputs && { inputs: values.inputs }),
    random: values.random,
    history: values.history,
    ...(values.spent && { spent: values.spent }),
  };
}
