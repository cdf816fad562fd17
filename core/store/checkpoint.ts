/** A folder of checkpoints: the newest few and the best of each stage; what is half written does not count. */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RunState } from "../run/run.js";
import { unfinished } from "../values/artifacts.js";
import type { Logger } from "../values/logger.js";
import { writeAtomically, writeTextAtomically } from "./atomic.js";
import {
  checkpointName,
  describeCheckpoint,
  type PackedCheckpoint,
  packCheckpoint,
  readCheckpoint,
  tensorsNamedBy,
} from "./checkpoint-format.js";

/** How many of the newest are kept unless a run says otherwise: one to go on from, one if that is broken, one to spare. */
const usuallyKept = 3;

/**
 * Writes a checkpoint and removes the oldest ones. The tensors first, then the JSON file with their checksum, each
 * atomically: an interruption leaves the checkpoint before this one.
 *
 * @param folder the run's `checkpoints` folder; made when missing
 * @returns the path of the JSON file
 */
export async function writeCheckpoint(folder: string, state: RunState, keep = usuallyKept): Promise<string> {
  return storeCheckpoint(folder, packCheckpoint(state), keep);
}

/** The same for what is packed already. Synchronous: runs wherever it does not hold up training. */
export function storeCheckpoint(folder: string, packed: PackedCheckpoint, keep: number): string {
  // Not recursive: a run folder that somebody has taken away must not come back half.
  makeFolder(folder);
  const sha256 = writeAtomically(join(folder, `${packed.name}.safetensors`), packed.tensors);
  const text = describeCheckpoint(packed, sha256);
  const path = join(folder, `${packed.name}.json`);
  // The best of a stage is a second name for the same tensors, which then outlive the newest few. It comes first: from the
  // other on, a resumed run takes it as written.
  if (packed.best !== undefined) writeTextAtomically(join(folder, bestName(packed.best)), text);
  writeTextAtomically(path, text);
  removeOld(folder, keep);
  return path;
}

/**
 * The newest checkpoint that is whole; a broken one is passed over with a warning. When none of the numbered ones is
 * whole, the best of a stage serves.
 *
 * @returns `null` when the folder has none
 * @throws FGKD_CORRUPT_FILE when it has some, all broken
 */
export async function readNewestCheckpoint(folder: string, logger: Logger): Promise<RunState | null> {
  let broken: unknown;
  for (const file of candidates(folder)) {
    try {
      return readCheckpoint(join(folder, file));
    } catch (cause) {
      broken = cause;
      logger.warn(`${(cause as Error).message} Looking for the one before it.`);
    }
  }
  if (broken) throw broken;
  return null;
}

/** Whether there is one, whole or not. */
export function holdsCheckpoint(folder: string): boolean {
  return candidates(folder).length > 0;
}

/** A checkpoint from before things went wrong. */
export interface GoodCheckpoint {
  /** Of its JSON file. */
  readonly path: string;
  /** Steps that the run had taken, over all stages. */
  readonly steps: number;
}

/**
 * The newest checkpoint that is whole and has none but finite weights and optimiser values; `null` when there is none.
 * Reads each until then, so it is for when a run has ended badly.
 */
export function lastGoodCheckpoint(folder: string): GoodCheckpoint | null {
  for (const file of candidates(folder)) {
    try {
      const state = readCheckpoint(join(folder, file));
      if (hasFiniteValues(state)) return { path: join(folder, file), steps: Number(checkpointName(state)) };
    } catch {
      // The one before it, then.
    }
  }
  return null;
}

function hasFiniteValues({ models, stages }: RunState): boolean {
  const slots = Object.values(stages).flatMap(({ optimizer }) => (optimizer ? [optimizer.slots] : []));
  const arrays = [...Object.values(models), ...slots].flatMap((named) => [...named.values()]);
  return arrays.every(({ data }) => !(data instanceof Float32Array) || data.every(Number.isFinite));
}

/** Takes away what a killed process left unfinished, and bests of epochs that a resumed run has yet to come to. */
export function cleanCheckpoints(folder: string, from: RunState | null): void {
  for (const file of filesIn(folder)) {
    const isAhead = isBest(file) && (!from || (tensorsNamedBy(join(folder, file)) ?? "") > tensorsOf(from));
    if (file.endsWith(unfinished) || isAhead) rmSync(join(folder, file), { force: true });
  }
}

/** File of the best checkpoint of a stage, whatever the stage is called. */
function bestName(stage: string): string {
  return `best-${encodeURIComponent(stage)}.json`;
}

function tensorsOf(state: RunState): string {
  return `${checkpointName(state)}.safetensors`;
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const isNumbered = (file: string) => /^\d+\.json$/.test(file);
const isBest = (file: string) => file.startsWith("best-") && file.endsWith(".json");

/** JSON files of checkpoints, newest first, then the best ones, newest first. */
function candidates(folder: string): readonly string[] {
  const files = filesIn(folder);
  const age = (file: string) => tensorsNamedBy(join(folder, file)) ?? "";
  const best = files.filter(isBest).map((file) => ({ file, age: age(file) }));
  best.sort((a, b) => (a.age < b.age ? 1 : -1));
  return [...files.filter(isNumbered).sort().reverse(), ...best.map(({ file }) => file)];
}

function removeOld(folder: string, keep: number): void {
  const files = filesIn(folder);
  const remove = (file: string) => rmSync(join(folder, file), { force: true });
  // The JSON first: what remains of a half-removed checkpoint must not look like one.
  const old = new Set(files.filter(isNumbered).sort().slice(0, -keep));
  for (const file of old) remove(file);
  const kept = files.filter((file) => (isNumbered(file) || isBest(file)) && !old.has(file));
  const named = new Set(kept.map((file) => tensorsNamedBy(join(folder, file))));
  for (const file of files) if (/^\d+\.safetensors$/.test(file) && !named.has(file)) remove(file);
}
