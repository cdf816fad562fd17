/** Which versions of others' code a run was made with, and how what is loaded now differs. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { RunRequest } from "../../index.js";
import type { FoundModule } from "./modules.js";

type ModuleRecord = NonNullable<RunRequest["modules"]>[number];

/** How the modules of a run differ from those that it was made with. */
export interface OtherModules {
  /** Packages of another version, in words: the run would go on otherwise than it began. */
  readonly differences: readonly string[];
  /** Files that were edited, in words: their author knows whether that matters. */
  readonly notices: readonly string[];
}

/** Packages by their version, files by the checksum of their own text. */
export function recordOf(loaded: readonly FoundModule[]): readonly ModuleRecord[] {
  return loaded.map(({ name, file, isPackage }) => {
    if (isPackage) return { name, version: versionOf(file) };
    return { name: file, sha256: createHash("sha256").update(readFileSync(file)).digest("hex") };
  });
}

/** @param before none, where the run is of a version that recorded none */
export function otherModules(before: RunRequest["modules"], loaded: readonly FoundModule[]): OtherModules {
  const now = recordOf(loaded);
  const pairs = (before ?? []).flatMap((then) => {
    const found = now.find(({ name }) => name === then.name);
    return found ? [{ then, found }] : [];
  });
  return {
    differences: pairs
      .filter(({ then, found }) => then.version !== found.version)
      .map(({ then, found }) => `the package ${then.name} was ${then.version}, is ${found.version}`),
    notices: pairs
      .filter(({ then, found }) => then.sha256 !== found.sha256)
      .map(({ then }) => `${then.name} was edited since the run began: its code now goes on where the other left off.`),
  };
}

/** What the package file says that lies nearest above the module and has a version. */
function versionOf(file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder) && basename(folder) !== "node_modules"; ) {
    const version = versionIn(folder);
    if (version !== undefined) return String(version);
    folder = dirname(folder);
  }
  return "unknown";
}

function versionIn(folder: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly version?: unknown }).version;
  } catch {
    // Not at this height.
    return undefined;
  }
}
