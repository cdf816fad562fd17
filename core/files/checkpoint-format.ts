/** What stands in a checkpoint: a run's state as a text and a file of tensors, each with its checksum. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { corruptFile, FgkdError } from "../errors.js";
import type { RunState } from "../run.js";
import type { StageState } from "../stage.js";
import type { Json, SavedState } from "../state.js";
import { encodeSafetensors, type NamedArray, readSafetensors } from "./safetensors.js";

/** Raised when an older fgkd could not read what a newer one writes. */
const format = 2;

/** A checkpoint ready to be written, by this thread or by another: bytes and text alone. */
export interface PackedCheckpoint {
  /** See `checkpointName`. */
  readonly name: string;
  /** Everything but the tensors, as JSON. */
  readonly state: string;
  /** A safetensors file, in pieces. */
  readonly tensors: readonly Uint8Array[];
  /** The stage whose best epoch has just ended, where that is so. */
  readonly best?: string;
}

/** Copies what is needed of a state. Nothing that happens to the run afterwards reaches the copy. */
export function packCheckpoint(state: RunState, best?: string): PackedCheckpoint {
  const { values, tensors } = flatten(state);
  return {
    name: checkpointName(state),
    state: JSON.stringify(values),
    tensors: [...encodeSafetensors({ tensors, metadata: { format: "fgkd-checkpoint" } })],
    ...(best !== undefined && { best }),
  };
}

/** The text of the JSON file, which makes a checkpoint of a file of tensors. */
export function describeCheckpoint({ state, name }: PackedCheckpoint, tensorsSha256: string): string {
  const about = { format, tensors: `${name}.safetensors`, tensorsSha256, stateSha256: digest(state) };
  return `${JSON.stringify(about).slice(0, -1)},"state":${state}}\n`;
}

/** The file of tensors that a checkpoint's JSON file names; `null` where it names none. */
export function tensorsNamedBy(path: string): string | null {
  try {
    const { tensors } = JSON.parse(readFileSync(path, "utf8")) as { readonly tensors?: unknown };
    return typeof tensors === "string" && /^\d+\.safetensors$/.test(tensors) ? tensors : null;
  } catch {
    return null;
  }
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
    const file = JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, unknown>>;
    if (file.format !== format) throw corruptFile(path, `is of format ${brief(file.format)}, not ${format}`, remedy);
    const tensors = tensorsNamedBy(path);
    if (tensors === null) throw corruptFile(path, "names no file of tensors", remedy);
    if (digest(JSON.stringify(file.state)) !== file.stateSha256)
      throw corruptFile(path, "does not have the checksum it names", remedy);
    const tensorPath = join(dirname(path), tensors);
    if (digest(readFileSync(tensorPath)) !== file.tensorsSha256)
      throw corruptFile(tensorPath, "does not have the checksum its checkpoint names", remedy);
    return unflatten(file.state as Flat["values"], readSafetensors(tensorPath).tensors);
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

function brief(value: unknown): string {
  return (JSON.stringify(value) ?? "none").slice(0, 40);
}

/** The steps taken by all stages, in nine digits: names sort as they follow each other. */
export function checkpointName({ stages }: Pick<RunState, "stages">): string {
  const taken = Object.values(stages).reduce((sum, { taken }) => sum + taken, 0);
  return String(taken).padStart(9, "0");
}

/** A state with its tensors taken out, under names that say whose they are. */
interface Flat {
  readonly values: {
    readonly stages: Readonly<
      Record<
        string,
        Omit<StageState, "optimizer" | "plugins"> & {
          readonly updates?: number;
          readonly plugins: Readonly<Record<string, Json>>;
        }
      >
    >;
    readonly roles: readonly string[];
    readonly random: RunState["random"];
    readonly history: RunState["history"];
    readonly spent?: RunState["spent"];
  };
  readonly tensors: ReadonlyMap<string, NamedArray>;
}

function flatten({ stages, models, random, history, spent }: RunState): Flat {
  const tensors = new Map<string, NamedArray>();
  const put = (prefix: string, named: Iterable<readonly [string, NamedArray]> = []) => {
    for (const [name, array] of named) tensors.set(`${prefix}/${name}`, array);
  };
  for (const [role, arrays] of Object.entries(models)) put(`models/${role}`, arrays);
  const flat = Object.entries(stages).map(([stage, { optimizer, plugins, ...place }]) => {
    put(`stages/${stage}/optimizer`, optimizer?.slots);
    for (const [plugin, saved] of Object.entries(plugins))
      put(`stages/${stage}/plugins/${plugin}`, copy(saved.tensors));
    const values = Object.entries(plugins).map(([plugin, saved]) => [plugin, saved.values ?? null] as const);
    return [
      stage,
      { ...place, ...(optimizer && { updates: optimizer.count }), plugins: Object.fromEntries(values) },
    ] as const;
  });
  return { values: { stages: Object.fromEntries(flat), roles: Object.keys(models), random, history, spent }, tensors };
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
  const stages = Object.entries(values.stages).map(([stage, { updates, plugins, ...place }]) => {
    const restored = Object.entries(plugins).map(([plugin, saved]): [string, SavedState] => [
      plugin,
      { values: saved, tensors: take(`stages/${stage}/plugins/${plugin}`) },
    ]);
    const optimizer = updates === undefined ? undefined : { count: updates, slots: take(`stages/${stage}/optimizer`) };
    return [stage, { ...place, ...(optimizer && { optimizer }), plugins: Object.fromEntries(restored) }] as const;
  });
  return {
    stages: Object.fromEntries(stages),
    models: Object.fromEntries(values.roles.map((role) => [role, take(`models/${role}`)])),
    random: values.random,
    history: values.history,
    ...(values.spent && { spent: values.spent }),
  };
}
