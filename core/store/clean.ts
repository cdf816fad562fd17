/** Takes away what a killed process left unfinished in its run folder, and nothing that lies elsewhere or is somebody else's. */
import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { RunState } from "../run/run-state.js";
import { deepestArtifact, isArtifactPart } from "../values/artifacts.js";
import { cleanCheckpoints } from "./checkpoint.js";
import { isKeptName } from "./checkpoint-files.js";
import { reportFiles, runFiles } from "./place.js";
import type { RunId } from "./run-id.js";
import { removeUnfinished } from "./unfinished.js";

/**
 * What is half written. Whoever takes a run over does this before anything else: a process that was stopped in the midst of a
 * file then has nothing left to finish.
 *
 * @throws the system's error
 */
export function cleanUnfinished(path: string): void {
  // The run itself may be reached by a link; from there on none is followed.
  const home = realpathSync(path);
  removeUnfinished(home, (name) => [...runFiles, ...Object.values(reportFiles)].includes(name));
  removeUnfinished(join(home, "checkpoints"), isKeptName);
  removeUnfinished(join(home, "models"), (name) => name.endsWith(".safetensors"));
  removeUnfinished(join(home, "artifacts"), isArtifactPart, deepestArtifact);
}

/** That, and the checkpoints that a run taken up from `state` has yet to come to. @throws the system's error */
export function cleanRun(path: string, state: RunState | null, run?: RunId): void {
  cleanUnfinished(path);
  cleanCheckpoints(join(path, "checkpoints"), state, run);
}
