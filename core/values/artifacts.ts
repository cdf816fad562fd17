/** Where plugins leave files, and what these may be called. */
import { invalidName } from "./errors.js";
import { checkName } from "./names.js";

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

/** What an interrupted write leaves behind ends so. */
export const unfinished = ".tmp";

/** In parts of a name. */
export const deepestArtifact = 8;

/** @throws FGKD_INVALID_NAME */
export function checkArtifactName(name: string): void {
  const parts = typeof name === "string" ? name.split("/") : [name];
  if (parts.length > deepestArtifact) throw invalidName("artifact", name, `has more than ${deepestArtifact} parts`);
  for (const part of parts) checkName("artifact", part);
  if (name.endsWith(unfinished)) throw invalidName("artifact", name, `ends with ${unfinished}, as unfinished files do`);
}

/** Whether a file or folder under `artifacts/` may be called so. */
export function isArtifactPart(name: string): boolean {
  try {
    checkName("artifact", name);
    return true;
  } catch {
    return false;
  }
}
