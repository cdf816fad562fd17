/** Files that plugins leave in a run folder: pictures, reports, plots. */

import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Artifacts, checkArtifactName } from "../values/artifacts.js";
import { FgkdError, storageFailed } from "../values/errors.js";
import { syncFolder, writeAtomically } from "./atomic.js";
import type { FolderLock } from "./lock.js";

/** The artifacts of one run folder. */
export interface ArtifactFolder extends Artifacts {
  /** Throws what went wrong in `write`, so that no plugin is blamed for a disk. @throws FGKD_STORAGE, FGKD_RUN_LOCKED */
  check(): void;
}

/** @param lock of the run folder, while somebody works in it */
export function artifactsIn(
  folder: string,
  lock: () => Pick<FolderLock, "isThere" | "check"> | undefined,
): ArtifactFolder {
  let problem: Error | undefined;
  return {
    write: (name, content) => {
      checkArtifactName(name);
      const path = join(folder, ...name.split("/"));
      try {
        // A run folder that is gone is made anew as a whole, after this step.
        if (lock()?.isThere === false) return;
        lock()?.check();
        makeFolders(dirname(path), folder);
        const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
        writeAtomically(path, [bytes], () => lock()?.check());
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
