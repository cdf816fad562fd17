/** Files that plugins leave in a run folder: pictures, reports, plots. */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { FgkdError, invalidName, storageFailed } from "../errors.js";
import { checkName } from "../untrusted/names.js";
import { syncFolder, unfinished, writeAtomically } from "./atomic.js";
import type { FolderLock } from "./lock.js";

/** Where plugins put files. */
export interface Artifacts {
  /**
   * Keeps a file as `artifacts/<name>` in the run folder, whole or not at all; an older one of that name goes. Without a
   * run folder (in tests, in `fgkd eval`) nothing is kept. A disk that refuses ends the run after this step.
   *
   * @param name such as `generator/epoch-005.png`: parts of letters, digits, - _ and ., with / between
   * @param content a text is written as UTF-8
   * @throws FGKD_INVALID_NAME
   */
  write(name: string, content: Uint8Array | string): void;
}

/** Looks at names, and keeps nothing. */
export const noArtifacts: Artifacts = { write: checkArtifactName };

/** The artifacts of one run folder. */
export interface ArtifactFolder extends Artifacts {
  /** Throws what went wrong in `write`, so that no plugin is blamed for a disk. @throws FGKD_STORAGE, FGKD_RUN_LOCKED */
  check(): void;
}

/** @param lock of the run folder, while somebody works in it */
export function artifactsIn(folder: string, lock: () => FolderLock | undefined): ArtifactFolder {
  let problem: Error | undefined;
  return {
    write: (name, content) => {
      checkArtifactName(name);
      const path = join(folder, ...name.split("/"));
      try {
        lock()?.check();
        // A run folder that is gone is made anew as a whole, after this step.
        if (lock()?.isThere === false) return;
        makeFolders(dirname(path), folder);
        writeAtomically(path, [typeof content === "string" ? new TextEncoder().encode(content) : content]);
      } catch (error) {
        problem ??= error instanceof FgkdError ? error : storageFailed(path, error);
      }
    },
    check: () => {
      const found = problem;
      problem = undefined;
      if (found) throw found;
    },
  };
}

/** New folders are safe when those that hold them are. */
function makeFolders(path: string, top: string): void {
  if (mkdirSync(path, { recursive: true }) === undefined) return;
  for (let at = path; at.length >= top.length; at = dirname(at)) syncFolder(dirname(at));
}

const deepest = 8;

function checkArtifactName(name: string): void {
  const parts = typeof name === "string" ? name.split("/") : [name];
  if (parts.length > deepest) throw invalidName("artifact", name, `has more than ${deepest} parts`);
  for (const part of parts) checkName("artifact", part);
  if (name.endsWith(unfinished)) throw invalidName("artifact", name, `ends with ${unfinished}, as unfinished files do`);
}
