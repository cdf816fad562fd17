/** Opens the folder in which pictures are kept on disk, and makes room in it. On the main thread. */
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathProblem, systemProblem } from "../../../core/index.js";
import { type DiskCache, ending, kibi } from "./disk-cache.js";

/** Of how much of the limit older pictures make room when a run begins. */
const KEPT = 0.9;

/** Milliseconds by which a file that was never finished is older than the last change of the folder: nobody writes it any more. */
const FORGOTTEN = 3_600_000;

/**
 * Opens a folder, new or used. Where it holds more than `bytes`, pictures go, those first that were written first.
 *
 * @param bytes what the folder may hold; processes that fill it at the same time may go beyond by what each of them adds
 * @param made versions of what decodes: pictures of others are not taken
 * @throws FGKD_PATH
 */
export function openDiskCache(folder: string, bytes: number, made: string): DiskCache {
  try {
    mkdirSync(folder, { recursive: true });
    const limit = Math.floor(bytes / kibi);
    const used = new Int32Array(new SharedArrayBuffer(4));
    used[0] = trim(folder, limit);
    return { folder, made, used, limit };
  } catch (error) {
    const known = systemProblem(error, "write");
    const problem = known ? `${known.problem} (${known.code})` : String(error);
    throw pathProblem(folder, `pictures cannot be kept there: ${problem}`, "Name another folder (data.cachePath).");
  }
}

/** @returns KiB that are left in it */
function trim(folder: string, limit: number): number {
  const { mtimeMs: changed } = statSync(folder);
  const files = readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found?.isFile() || !(name.endsWith(ending) || name.endsWith(".tmp"))) return [];
    if (name.endsWith(ending)) return [{ path, size: Math.ceil(found.size / kibi), time: found.mtimeMs }];
    if (found.mtimeMs < changed - FORGOTTEN) rmSync(path, { force: true });
    return [];
  });
  let total = files.reduce((sum, { size }) => sum + size, 0);
  if (total <= limit) return total;
  for (const { path, size } of files.sort((a, b) => a.time - b.time)) {
    if (total <= KEPT * limit) break;
    rmSync(path, { force: true });
    total -= size;
  }
  return total;
}
