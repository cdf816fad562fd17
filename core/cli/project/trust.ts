/** Code that the configuration of a run names: told before it is loaded, and refused where the run folder brought it. */
import { realpathSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { loadFailed } from "../../index.js";
import { type Environment, lineLogger } from "../environment.js";
import { shortPath } from "../train/run-place.js";
import type { FoundModule } from "./modules.js";

/**
 * Looks at each module that a run folder names, before it is loaded.
 *
 * @param trusted whether modules inside the folder may run
 * @throws FGKD_LOAD_FAILED for a module inside the folder, by its own path or the one that links lead to, and for a path
 *   that fgkd would not have written
 */
export function guardRun(folder: string, trusted: boolean, environment: Environment): (found: FoundModule) => void {
  const config = `${shortPath(folder, environment.cwd)}${sep}config.json`;
  const told = new Set<string>();
  return ({ what, name, file, isPackage }) => {
    if (!isPackage && !(isAbsolute(name) && isPlace(name)))
      throw loadFailed(what, name, new Error(`${config} names it by a path that fgkd does not write`));
    const isInside = places(file).some((place) => places(folder).some((home) => contains(home, place)));
    if (isInside && !trusted)
      throw loadFailed(
        what,
        name,
        new Error(
          `it lies inside the run folder ${shortPath(folder, environment.cwd)}, so whoever made that folder wrote it, and it would run with all your rights. Read it; then add --trust, or leave the run alone`,
        ),
      );
    const where = isPackage ? `${name} (${file})` : file;
    if (told.has(file)) return;
    told.add(file);
    lineLogger(environment).info(`loading the ${what} ${where}, which ${config} names`);
  };
}

/** A path as it is written, and the one that it leads to. */
function places(path: string): readonly string[] {
  try {
    return [resolve(path), realpathSync.native(path)];
  } catch {
    // What is not there is told of by whoever loads it.
    return [resolve(path)];
  }
}

function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Some paths mean something else to every process. */
function isPlace(path: string): boolean {
  return !/^\/(proc|dev|sys)(\/|$)/.test(resolve(path));
}
