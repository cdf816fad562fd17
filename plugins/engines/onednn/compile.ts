/** Compiling the addon on this machine, and what came of it. */
import { execFile } from "node:child_process";
import path from "node:path";
import { hasFailed } from "../../native/build-log.js";
import { packageRoot } from "../../native/package-root.js";

/**
 * Runs `build.mjs`, which compiles what is out of date.
 *
 * @returns its last line, and whether the addon is there now
 */
export function compileOnednn(): Promise<{ readonly built: boolean; readonly detail: string }> {
  const script = path.join(packageRoot(), "plugins", "engines", "onednn", "build.mjs");
  return new Promise((resolve) => {
    execFile(process.execPath, [script, "--strict"], (error, stdout) => {
      const detail = stdout.trim().split("\n").at(-1) || (error?.message ?? "");
      resolve({ built: error === null, detail });
    });
  });
}

/** A command that makes the engine available. */
export function remedyOf(): string {
  const packages: Partial<Record<NodeJS.Platform, string>> = {
    linux: "apt-get install libdnnl-dev g++",
    darwin: "brew install onednn libomp",
  };
  const install = packages[process.platform];
  if (install === undefined) return "use --engine wasm";
  return `${hasFailed("onednn") ? `${install}, then ` : ""}npx fgkd build-engine onednn`;
}
