/** Whether a folder is free for a new run. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathProblem } from "../values/errors.js";
import { shellWord } from "../values/words.js";

/** Beside the folders of a run. */
export const runFiles: readonly string[] = ["config.json", "manifest.json", "metrics.jsonl", "result.json"];

/** Pages about the run, and what they are made of besides: whoever writes them again takes nothing from the run. */
export const reportFiles = { page: "report.html", told: "report.json" } as const;

const runFolders = ["checkpoints", "models", "artifacts"];

/**
 * A run in a folder with what an earlier one left would take that for its own, or leave a mixture of both.
 *
 * @throws FGKD_PATH for a folder that holds a run, or what remains of one
 */
export function refuseUsedPlace(path: string): void {
  // Whoever makes the folder finds that a file is in the way.
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (existsSync(join(path, "config.json")))
    throw pathProblem(
      path,
      "already holds a run",
      `Continue it with --resume ${shellWord(path)}, or choose another --out.`,
    );
  const left = runFiles.filter((file) => existsSync(join(path, file)));
  const full = runFolders.filter((folder) => holdsAnything(join(path, folder))).map((folder) => `${folder}/`);
  const found = [...left, ...full];
  if (found.length > 0)
    throw pathProblem(
      path,
      `holds what is left of another run (${found.join(", ")}), which has no config.json any more`,
      "Move that elsewhere, or remove it, or choose another --out.",
    );
}

/** False where there is none. What is no folder is in the way as well. */
function holdsAnything(path: string): boolean {
  try {
    return readdirSync(path).length > 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}
