/** A folder of checkpoints: the newest few and the best of each stage; what is half written does not count. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RunState } from "../run/run-state.js";
import type { Logger } from "../values/logger.js";
import { type Permission, writeAtomically, writeTextAtomically } from "./atomic.js";
import {
  type CheckpointFile,
  type CheckpointFiles,
  candidates,
  checkpointFiles,
  freeNames,
  isKeptName,
} from "./checkpoint-files.js";
import {
  checkpointName,
  describeCheckpoint,
  type PackedCheckpoint,
  packCheckpoint,
  readCheckpoint,
} from "./checkpoint-format.js";
import type { RunId } from "./run-id.js";
import { isFolder, removeUnfinished } from "./unfinished.js";

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

/**
 * The same for what is packed already. Synchronous: runs wherever it does not hold up training. Checkpoints of other runs stay
 * as they are.
 *
 * @param permission asked before anything takes effect
 * @throws the system's error. On a full disk the oldest checkpoints make way first, so that the last finished epoch is kept
 */
export function storeCheckpoint(
  folder: string,
  packed: PackedCheckpoint,
  keep: number,
  permission: Permission = () => {},
): string {
  permission();
  // Not recursive: a run folder that somebody has taken away must not come back half.
  makeFolder(folder);
  const before = checkpointFiles(folder, packed.run);
  try {
    const path = write(folder, packed, before, permission);
    removeOld(folder, before, keep, packed.run, permission);
    return path;
  } catch (error) {
    if (isFull(error)) writeInTheirPlace(folder, packed, permission);
    throw error;
  }
}

function write(folder: string, packed: PackedCheckpoint, there: CheckpointFiles, permission: Permission): string {
  const { tensors, file, best } = freeNames(there, packed);
  const sha256 = writeAtomically(join(folder, tensors), packed.tensors, permission);
  const text = describeCheckpoint(packed, tensors, sha256);
  // The best of a stage is a second name for the same tensors, which then outlive the newest few. It comes first: from the
  // other on, a resumed run takes it as written.
  if (best !== undefined) writeTextAtomically(join(folder, best), text, permission);
  writeTextAtomically(join(folder, file), text, permission);
  return join(folder, file);
}

/** The oldest goes, and the next, until there is room for this one; never the newest. The run ends all the same. */
function writeInTheirPlace(folder: string, packed: PackedCheckpoint, permission: Permission): void {
  for (;;) {
    const there = checkpointFiles(folder, packed.run);
    const [oldest, ...newer] = there.own.filter(({ isBest }) => !isBest);
    if (!oldest || newer.length === 0) return;
    permission();
    remove(folder, [oldest], there);
    try {
      write(folder, packed, checkpointFiles(folder, packed.run), permission);
      return;
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }
}

function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");
}

/**
 * The newest checkpoint that is whole; a broken one is passed over with a warning. When none of the numbered ones is
 * whole, the best of a stage serves.
 *
 * @param run the only one whose checkpoints count. Default: any
 * @returns `null` when the folder has none
 * @throws FGKD_CORRUPT_FILE when it has some, all broken
 */
export async function readNewestCheckpoint(folder: string, logger: Logger, run?: RunId): Promise<RunState | null> {
  let broken: unknown;
  for (const file of candidates(folder, run)) {
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
export function lastGoodCheckpoint(folder: string, run?: RunId): GoodCheckpoint | null {
  for (const file of candidates(folder, run)) {
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

/**
 * Takes away what a killed process left unfinished, and bests of epochs that a resumed run has yet to come to. In a folder that
 * is a link to another place, only what names this run.
 */
export function cleanCheckpoints(folder: string, from: RunState | null, run?: RunId): void {
  const there = checkpointFiles(folder, run);
  const ahead = there.own.filter(({ isBest, tensors }) => isBest && (!from || (tensors ?? "") > tensorsOf(from)));
  remove(folder, ahead, there);
  if (!isFolder(folder)) return;
  removeUnfinished(folder, isKeptName);
  for (const file of checkpointFiles(folder, run).orphans) rmSync(join(folder, file), { force: true });
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

/** Those beyond the newest few, and tensors that only they, or an older best, have named. */
function removeOld(folder: string, before: CheckpointFiles, keep: number, run: RunId, permission: Permission): void {
  const there = checkpointFiles(folder, run);
  const old = there.own.filter(({ isBest }) => !isBest).slice(0, -keep);
  try {
    permission();
  } catch {
    // What had to be written is written; what is old is for whoever has the folder now.
    return;
  }
  remove(folder, old, there, before.own);
}

/** @param once what else may have named tensors that nothing names any more */
function remove(
  folder: string,
  gone: readonly CheckpointFile[],
  { own, others }: CheckpointFiles,
  once: readonly CheckpointFile[] = [],
): void {
  const named = new Set([...own, ...others].filter((file) => !gone.includes(file)).map(({ tensors }) => tensors));
  // The JSON first: what remains of a half-removed checkpoint must not look like one.
  for (const { file } of gone) rmSync(join(folder, file), { force: true });
  for (const { tensors } of [...gone, ...once])
    if (tensors !== null && !named.has(tensors)) rmSync(join(folder, tensors), { force: true });
}
