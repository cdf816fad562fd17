/** Takes away what a killed process left unfinished in its run folder. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RunState } from "../run/run.js";
import { unfinished } from "../values/artifacts.js";
import { cleanCheckpoints } from "./checkpoint.js";

/** @throws the system's error */
export function cleanRun(path: string, state: RunState | null): void {
  cleanCheckpoints(join(path, "checkpoints"), state);
  for (const [folder, recursive] of [
    [path, false],
    [join(path, "models"), false],
    [join(path, "artifacts"), true],
  ] as const)
    for (const file of existsSync(folder) ? readdirSync(folder, { recursive, encoding: "utf8" }) : [])
      if (file.endsWith(unfinished)) rmSync(join(folder, file), { force: true });
}
