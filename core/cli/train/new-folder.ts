/** The folder of a new run: looked at before there is work for it, made when there is, gone when nothing came of it. */
import { accessSync, constants, existsSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createRunFolder, pathProblem, type Run, type RunFolder, refuseUsedPlace, storageFailed } from "../../index.js";
import type { ChosenRun } from "./choose-run.js";
import { newRunPlace, runs } from "./run-place.js";

export interface NewFolder {
  readonly folder: RunFolder;
  /** Closes it, and takes away whatever was made for it. */
  discard(): Promise<void>;
}

/**
 * Refuses a folder that cannot be written, or that holds a run. Makes nothing.
 *
 * @param out as the user named it. Default: a new one below `runs/`
 * @returns the innermost folder on the way that exists
 * @throws FGKD_PATH, FGKD_STORAGE
 */
export function checkPlace(out: string | undefined, cwd: string): string {
  const path = resolve(cwd, out ?? runs);
  const found = innermost(path);
  if (!statSync(found).isDirectory()) throw pathProblem(found, "is not a folder", "Choose a folder with --out.");
  if (out !== undefined) refuseUsedPlace(path);
  try {
    accessSync(found, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw storageFailed(found, cause, "nothing was begun");
  }
  return found;
}

function innermost(path: string): string {
  for (let at = path; ; at = dirname(at)) if (existsSync(at) || at === dirname(at)) return at;
}

/** @throws as `createRunFolder` does; then nothing stays behind */
export async function makeFolder(
  out: string | undefined,
  { preset, request }: ChosenRun,
  run: Run,
  cwd: string,
): Promise<NewFolder> {
  const before = innermost(resolve(cwd, out ?? runs));
  const path = out === undefined ? await newRunPlace(preset.name, cwd) : resolve(cwd, out);
  const isNew = before !== path;
  try {
    const folder = await createRunFolder(path, request, run);
    const discard = async () => {
      await folder.close();
      if (isNew) rmSync(path, { recursive: true, force: true });
      else for (const name of ["config.json", "manifest.json"]) rmSync(join(path, name), { force: true });
      removeEmpty(dirname(path), before);
    };
    return { folder, discard };
  } catch (error) {
    removeEmpty(path, before);
    throw error;
  }
}

/** Folders that were made here, and that nobody has put anything into. */
function removeEmpty(path: string, before: string): void {
  try {
    for (let at = path; at !== before && at.startsWith(before); at = dirname(at)) rmdirSync(at);
  } catch {
    // It is gone already, or holds what others made.
  }
}
