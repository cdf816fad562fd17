/** Compiled parts: where they lie, and how they are loaded. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { packageRoot } from "./package-root.js";

const require = createRequire(import.meta.url);

/**
 * Where an addon may be, as far as it is there: in a package built for this platform, and in `build/`.
 *
 * @param file its name in `build/`
 * @param prebuilt the package's name, without the platform
 */
export function placesOf(file: string, prebuilt: string): string[] {
  const built = `${prebuilt}-${process.platform}-${process.arch}`;
  const local = path.join(packageRoot(), "build", file);
  return [...(isInstalled(built) ? [built] : []), ...(existsSync(local) ? [local] : [])];
}

function isInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * Loads the first that fits.
 *
 * @param contract what its functions take and give, counted: a binary that was built from other sources has another number
 * @throws Error naming the places tried and what was wrong; an empty message where there are none
 */
export function requireAddon<Addon extends { readonly contract: number }>(
  places: readonly string[],
  contract: number,
): Addon {
  const problems: string[] = [];
  for (const place of places) {
    try {
      const addon = require(place) as Addon;
      if (addon.contract !== contract) throw new Error("built from other sources");
      return addon;
    } catch (cause) {
      problems.push(`${place}: ${(cause as Error).message.split("\n")[0]}`);
    }
  }
  throw new Error(problems.join("; "));
}
