/** What lies in a folder: names only, no file is opened. */
import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { pathProblem, systemProblem } from "../../../core/index.js";
import { isLitterFolder, type LitterCounts, litterOf } from "./litter.js";

const IMAGE_NAME = /\.(jpe?g|png|webp|gif|bmp|tiff?)$/i;

/** Characters of a path that a message shows: the system takes thousands, and nobody reads them. */
const SHOWN = 160;

/** Names in a folder, byte-wise sorted, litter left out. */
export interface Listing {
  readonly folders: readonly string[];
  readonly files: readonly string[];
  /** Folders among them that are links. */
  readonly links: ReadonlySet<string>;
  readonly litter: LitterCounts;
}

/** @throws FGKD_PATH when the folder is missing, not a folder, or the system does not let it be read */
export async function list(folder: string): Promise<Listing> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw folderProblem(folder, error);
  });
  const links = new Set<string>();
  const linked = entries.filter((entry) => entry.isSymbolicLink());
  for (const { name } of linked) if (await isLinkToFolder(join(folder, name))) links.add(name);
  const folders: string[] = [];
  const files: string[] = [];
  const litter: LitterCounts = new Map();
  for (const entry of entries) {
    if (links.has(entry.name) || entry.isDirectory()) {
      if (!isLitterFolder(entry.name)) folders.push(entry.name);
      continue;
    }
    const kind = litterOf(entry.name);
    if (kind === undefined) files.push(entry.name);
    else litter.set(kind, (litter.get(kind) ?? 0) + 1);
  }
  return { folders: folders.sort(byBytes), files: files.sort(byBytes), links, litter };
}

/** Whether a file is called like an image. */
export function isImageName(name: string): boolean {
  return IMAGE_NAME.test(name);
}

/** Files that are called like images. */
export function imagesIn({ files }: Listing): readonly string[] {
  return files.filter(isImageName);
}

/**
 * Where a folder really lies.
 *
 * @param parent where the folder that it is in really lies
 * @throws FGKD_PATH
 */
export async function realPath(folder: string, name: string, parent: string, { links }: Listing): Promise<string> {
  if (!links.has(name)) return join(parent, name);
  return realpath(join(folder, name)).catch((error: unknown) => {
    throw folderProblem(join(folder, name), error);
  });
}

/** Whether one path is the other, or lies in it. */
export function isWithin(inner: string, outer: string): boolean {
  return `${inner}${sep}`.startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`);
}

/** Order by UTF-8 bytes, as Python and `LC_ALL=C ls` have it; JavaScript's own differs beyond U+FFFF. */
export function byBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [one, other] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (one === other) continue;
    const isPlain = one < FIRST_SURROGATE && other < FIRST_SURROGATE;
    return isPlain ? one - other : Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  return a.length - b.length;
}

/** From here on, the order of JavaScript's units is not that of bytes. */
const FIRST_SURROGATE = 0xd800;

/** The error of a folder that cannot be listed, in words. */
export function folderProblem(folder: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException).code;
  const shown = folder.length > SHOWN ? `${folder.slice(0, SHOWN / 2)}…${folder.slice(-SHOWN / 2)}` : folder;
  if (code === "ENOENT" && folder.includes("\ufffd"))
    return pathProblem(shown, "has a name that is not UTF-8", "Rename the folder.");
  if (code === "ENOENT") return pathProblem(shown, "there is no such folder", "Check the path given with --data.");
  if (code === "ENOTDIR") {
    const remedy = "Name the folder that holds train/ and test/, or the class folders.";
    return pathProblem(shown, "this is a file, not a folder", remedy);
  }
  if (code === "EACCES" || code === "EPERM") {
    const remedy = `Allow it (chmod -R u+rX "${shown}"), or run as a user who may.`;
    return pathProblem(shown, "the folder may not be read (permission denied)", remedy);
  }
  const known = systemProblem(error, "read");
  if (known)
    return pathProblem(shown, `the folder cannot be read: ${known.problem} (${known.code})`, `${known.remedy}.`);
  return error instanceof Error ? error : new Error(String(error));
}

async function isLinkToFolder(path: string): Promise<boolean> {
  // A broken link counts as a file, and is then reported as one that cannot be read.
  return stat(path).then(
    (target) => target.isDirectory(),
    () => false,
  );
}
