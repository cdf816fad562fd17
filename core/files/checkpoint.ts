/** Checkpoints: a run's state as two files, `<steps>.safetensors` and `<steps>.json`; the JSON makes it count. */
import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { corruptFile, FgkdError } from "../errors.js";
import type { Logger } from "../logger.js";
import type { RunState } from "../run.js";
import type { StageState } from "../stage.js";
import type { Json, SavedState } from "../state.js";
import { encodeSafetensors, type NamedArray, readSafetensors } from "./safetensors.js";

/** How many checkpoints a run folder keeps. */
const kept = 2;

/**
 * Writes a checkpoint and removes the oldest ones. Each file is written beside its place, flushed, and renamed into
 * it, the JSON with the other's checksum last: an interruption leaves the checkpoint before this one.
 *
 * @param folder the run's `checkpoints` folder; made when missing
 * @returns the path of the JSON file
 */
export async function writeCheckpoint(folder: string, state: RunState): Promise<string> {
  await mkdir(folder, { recursive: true });
  const name = String(stepsTaken(state)).padStart(9, "0");
  const { values, tensors } = flatten(state);
  const sha256 = await writeFile(
    join(folder, `${name}.safetensors`),
    encodeSafetensors({ tensors, metadata: { format: "fgkd-checkpoint" } }),
  );
  const path = join(folder, `${name}.json`);
  await writeFile(path, [new TextEncoder().encode(JSON.stringify({ format: 1, sha256, ...values }))]);
  await removeOld(folder);
  return path;
}

/**
 * The newest checkpoint that is whole; a broken one is passed over with a warning.
 *
 * @returns `null` when the folder has none
 * @throws FGKD_CORRUPT_FILE when it has some, all broken
 */
export async function readNewestCheckpoint(folder: string, logger: Logger): Promise<RunState | null> {
  const names = await checkpointNames(folder);
  let broken: unknown;
  for (const name of names.reverse()) {
    try {
      return await readCheckpoint(folder, name);
    } catch (cause) {
      broken = cause;
      logger.warn(`${(cause as Error).message} Looking for the one before it.`);
    }
  }
  if (broken) throw broken;
  return null;
}

async function readCheckpoint(folder: string, name: string): Promise<RunState> {
  const remedy = "It was not written to its end, or was changed since.";
  const path = join(folder, `${name}.json`);
  const tensorPath = join(folder, `${name}.safetensors`);
  const bytes = await readFile(tensorPath).catch(() => null);
  try {
    const values: Flat["values"] & { readonly sha256: string } = JSON.parse(await readFile(path, "utf8"));
    if (!bytes || createHash("sha256").update(bytes).digest("hex") !== values.sha256)
      throw corruptFile(tensorPath, "does not have the checksum its checkpoint names", remedy);
    return unflatten(values, readSafetensors(tensorPath).tensors);
  } catch (cause) {
    // Whatever is not JSON, or not of a checkpoint's form, ends up here.
    throw cause instanceof FgkdError
      ? cause
      : corruptFile(path, `cannot be read (${(cause as Error).message})`, remedy);
  }
}

/** Whole checkpoints by name, oldest first. */
async function checkpointNames(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  return files
    .filter((file) => /^\d+\.json$/.test(file))
    .map((file) => file.slice(0, -".json".length))
    .sort();
}

async function removeOld(folder: string): Promise<void> {
  const old = (await checkpointNames(folder)).slice(0, -kept);
  // The JSON first: what remains of a half-removed checkpoint must not look like one.
  for (const name of old)
    for (const end of [".json", ".safetensors"]) await rm(join(folder, name + end), { force: true });
}

/** Atomic: the file is there in full or not at all. Returns its SHA-256. */
export async function writeFile(path: string, chunks: Iterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w");
  try {
    for (const chunk of chunks) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  return hash.digest("hex");
}

function stepsTaken({ stages }: RunState): number {
  return Object.values(stages).reduce((sum, { taken }) => sum + taken, 0);
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
  };
  readonly tensors: ReadonlyMap<string, NamedArray>;
}

function flatten({ stages, models, random, history }: RunState): Flat {
  const tensors = new Map<string, NamedArray>();
  const put = (prefix: string, named: Iterable<readonly [string, NamedArray]> = []) => {
    for (const [name, array] of named) tensors.set(`${prefix}/${name}`, array);
  };
  for (const [role, arrays] of Object.entries(models)) put(`models/${role}`, arrays);
  const flat = Object.entries(stages).map(([stage, { optimizer, plugins, ...place }]) => {
    put(`stages/${stage}/optimizer`, optimizer?.slots);
    for (const [plugin, saved] of Object.entries(plugins)) put(`stages/${stage}/plugins/${plugin}`, saved.tensors);
    const values = Object.entries(plugins).map(([plugin, saved]) => [plugin, saved.values ?? null] as const);
    return [
      stage,
      { ...place, ...(optimizer && { updates: optimizer.count }), plugins: Object.fromEntries(values) },
    ] as const;
  });
  return { values: { stages: Object.fromEntries(flat), roles: Object.keys(models), random, history }, tensors };
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
  };
}
