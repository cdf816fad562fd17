/** Which files of a folder of checkpoints are whose, and what they are. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type AboutCheckpoint, aboutCheckpoint, isTensorsName, type PackedCheckpoint } from "./checkpoint-format.js";
import { type RunId, shortId } from "./run-id.js";

/** The JSON file of a checkpoint. */
export interface CheckpointFile extends AboutCheckpoint {
  readonly file: string;
  /** Of a stage's best epoch, not one of the newest. */
  readonly isBest: boolean;
}

/** All of a folder, those of other runs included; names in order. */
export interface CheckpointFiles {
  /**
   * With what does not say whose it is: earlier versions did not. What cannot be read counts as well, so that it is told, and
   * makes way.
   */
  readonly own: readonly CheckpointFile[];
  readonly others: readonly CheckpointFile[];
  /** Files of tensors that no checkpoint names. None while a checkpoint cannot be read: it may be the one that does. */
  readonly orphans: readonly string[];
}

/** @param run whose are its own; without it all are */
export function checkpointFiles(folder: string, run?: RunId): CheckpointFiles {
  const files = filesIn(folder).toSorted();
  const all = files.filter(isCheckpointName).map((file) => {
    return { file, isBest: isBestName(file), ...aboutCheckpoint(join(folder, file)) };
  });
  const isOther = (found: CheckpointFile) => run !== undefined && found.run != null && found.run !== run;
  const named = new Set(all.map(({ tensors }) => tensors));
  return {
    own: all.filter((found) => !isOther(found)),
    others: all.filter(isOther),
    orphans: named.has(null) ? [] : files.filter((file) => isTensorsName(file) && !named.has(file)),
  };
}

/** The newest first, then the best ones, the newest of them first: the order in which they are tried. */
export function candidates(folder: string, run?: RunId): readonly string[] {
  const { own } = checkpointFiles(folder, run);
  const newest = own.filter(({ isBest }) => !isBest).reverse();
  const best = own.filter(({ isBest }) => isBest).sort((a, b) => ((a.tensors ?? "") < (b.tensors ?? "") ? 1 : -1));
  return [...newest, ...best].map(({ file }) => file);
}

/** The file of the newest checkpoint of a run, whole or not; `null` when there is none. */
export function newestFile(folder: string, run: RunId): string | null {
  return checkpointFiles(folder, run).own.findLast(({ isBest }) => !isBest)?.file ?? null;
}

/** Where a checkpoint goes: never to a place where another run's is. */
export function freeNames({ others }: CheckpointFiles, { run, name, best: stage }: PackedCheckpoint) {
  const taken = new Set(others.flatMap(({ file, tensors }) => [file, tensors ?? file]));
  const ownName = (usual: string, endings: readonly string[]) =>
    endings.some((ending) => taken.has(usual + ending)) ? `${usual}-${shortId(run)}` : usual;
  const numbered = ownName(name, [".json", ".safetensors"]);
  // Whatever the stage is called.
  const best = stage === undefined ? undefined : `${ownName(`best-${encodeURIComponent(stage)}`, [".json"])}.json`;
  return { tensors: `${numbered}.safetensors`, file: `${numbered}.json`, best };
}

/** Whether files with this name are what fgkd keeps in a folder of checkpoints. */
export function isKeptName(file: string): boolean {
  return isCheckpointName(file) || isTensorsName(file);
}

const isCheckpointName = (file: string) => /^\d+(-\w{1,8})?\.json$/.test(file) || isBestName(file);
const isBestName = (file: string) => file.startsWith("best-") && file.endsWith(".json");

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
