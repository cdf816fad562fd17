/** Packages of plugins and presets that a project has: what a name that is not there may have meant. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suggest } from "../../index.js";

type Kind = "plugin" | "preset";

/** `birds` for `fgkd-plugin-birds`: either is understood. */
const short = (kind: Kind, name: string) => name.replace(`fgkd-${kind}-`, "");

/** The nearest of the packages that a project has, as a question; empty when none is near. */
export function suggestPackage(kind: Kind, name: string, folder: string): string {
  const wanted = short(kind, name);
  const known = installedPackages(kind, folder).map((found) => short(kind, found));
  return suggest(
    wanted,
    known.filter((found) => found !== wanted),
  ).trimStart();
}

/**
 * The packages `fgkd-plugin-…` or `fgkd-preset-…`, scoped ones too, that a folder or one above it lists in its `package.json` or
 * holds in `node_modules`. Without those that cannot be read.
 */
function installedPackages(kind: Kind, folder: string): readonly string[] {
  const found = new Set<string>();
  for (let at = folder; ; at = dirname(at)) {
    for (const name of [...listed(join(at, "package.json")), ...held(join(at, "node_modules"))])
      if (name.replace(/^@[^/]+\//, "").startsWith(`fgkd-${kind}`)) found.add(name);
    if (at === dirname(at)) return [...found];
  }
}

function listed(file: string): readonly string[] {
  try {
    const about = JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, object | undefined>> | null;
    return [about?.dependencies, about?.devDependencies].flatMap((names) => Object.keys(names ?? {}));
  } catch {
    // None there, or none of npm's.
    return [];
  }
}

function held(folder: string): readonly string[] {
  const names = namesIn(folder);
  const scoped = names.filter((name) => name.startsWith("@"));
  return [...names, ...scoped.flatMap((scope) => namesIn(join(folder, scope)).map((name) => `${scope}/${name}`))];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
