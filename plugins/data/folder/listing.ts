/** What lies in a folder of class folders: names only, no file is opened. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { invalidData, pathProblem, readFailed } from "../../../core/index.js";

/** Left behind by operating systems and archivers; never anyone's data. */
const LITTER = new Set(["thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "@eadir", "__macosx", "lost+found"]);

/** How deep folders within a class folder are followed. */
const DEPTH = 4;

/** Names in a folder, byte-wise sorted, litter and dot files left out. */
export interface Listing {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/** @throws FGKD_PATH when the folder is missing, not a folder, or may not be read */
export async function list(folder: string): Promise<Listing> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw folderProblem(folder, error);
  });
  const folders: string[] = [];
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".") || LITTER.has(entry.name.toLowerCase())) continue;
    const isFolder = entry.isSymbolicLink() ? await isLinkToFolder(join(folder, entry.name)) : entry.isDirectory();
    (isFolder ? folders : files).push(entry.name);
  }
  return { folders: folders.sort(byBytes), files: files.sort(byBytes) };
}

/**
 * Paths of all files below a folder, relative to it, with `/`; byte-wise sorted folder by folder.
 *
 * @param above the folders it lies in, by device and number
 * @throws FGKD_PATH, FGKD_INVALID_DATA when a link leads back up: following it would never end
 */
export async function listFiles(
  folder: string,
  depth = DEPTH,
  above: ReadonlySet<string> = new Set(),
): Promise<readonly string[]> {
  const { folders, files } = await list(folder);
  if (depth === 0 || folders.length === 0) return files;
  const { dev, ino } = await stat(folder);
  const own = `${dev}/${ino}`;
  if (above.has(own)) throw invalidData(folder, "a link that leads back to a folder it lies in", "Remove the link.");
  const around = new Set([...above, own]);
  const below = await Promise.all(
    folders.map(async (name) =>
      (await listFiles(join(folder, name), depth - 1, around)).map((file) => `${name}/${file}`),
    ),
  );
  return [...files, ...below.flat()];
}

/** Order by UTF-8 bytes, as Python and `LC_ALL=C ls` have it; JavaScript's own differs beyond U+FFFF. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The error of a folder that cannot be listed, in words. */
function folderProblem(folder: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" && folder.includes("\ufffd"))
    return pathProblem(folder, "has a name that is not UTF-8", "Rename the folder.");
  if (code === "ENOENT") return pathProblem(folder, "there is no such folder", "Check the path given with --data.");
  if (code === "ENOTDIR") {
    const remedy = "Name the folder that holds train/ and test/, or the class folders.";
    return pathProblem(folder, "this is a file, not a folder", remedy);
  }
  if (code === "EACCES" || code === "EPERM") {
    const remedy = `Allow it (chmod -R u+rX "${folder}"), or run as a user who may.`;
    return pathProblem(folder, "the folder may not be read (permission denied)", remedy);
  }
  return readFailed(folder, error);
}

async function isLinkToFolder(path: string): Promise<boolean> {
  // A broken link counts as a file, and is then reported as one that cannot be read.
  return stat(path).then(
    (target) => target.isDirectory(),
    () => false,
  );
}
