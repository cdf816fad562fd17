/** Compiling the addon on this machine, and what came of it. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
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

/** Why the last build on this machine failed. */
export function whyNotBuilt(): string {
  try {
    const [reason = ""] = readFileSync(path.join(packageRoot(), "build", "onednn.log"), "utf8").split("\n");
    return reason;
  } catch {
    return "no build was tried yet; npm runs the install scripts of packages only where they are approved";
  }
}

/** A command that makes the engine available. */
export function remedyOf(): string {
  const packages: Partial<Record<NodeJS.Platform, string>> = {
    linux: "apt-get install libdnnl-dev g++",
    darwin: "brew install onednn libomp",
  };
  const install = packages[process.platform];
  if (install === undefined) return "use --engine wasm";
  const tried = existsSync(path.join(packageRoot(), "build", "onednn.log"));
  return `${tried ? `${install}, then ` : ""}npx fgkd build-engine onednn`;
}
