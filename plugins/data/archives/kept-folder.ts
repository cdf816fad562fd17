/** Folders of the cache that are made once: whole or not at all, whoever else makes the same at that time. */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { cacheFolder, FgkdError, readFailed, storageFailed } from "../../../core/index.js";

/** Part of every key: folders that another version made in another way are not taken. */
const VERSION = "1";
const KEPT = "nothing of it is kept (FGKD_CACHE names another place for it)";

/**
 * The folder that `make` made of some content, now or before.
 *
 * @param files whose content it is made of
 * @param make fills an empty folder
 * @throws FGKD_PATH, FGKD_STORAGE, and what `make` throws
 */
export async function keptFolder(files: readonly string[], make: (folder: string) => Promise<void>): Promise<string> {
  const home = join(cacheFolder(), "data");
  const key = createHash("sha256").update(VERSION);
  for (const file of files) key.update(`\n${basename(file)}\n${await contentKey(home, file)}`);
  const [first = "data"] = files;
  const name = basename(first)
    .replaceAll(/[^\w.-]+/g, "-")
    .slice(0, 60);
  const kept = join(home, `${name}-${key.digest("hex").slice(0, 24)}`);
  if (await isThere(kept)) return kept;
  const own = `${kept}.${encodeURIComponent(hostname())}-${process.pid}-${randomBytes(4).toString("hex")}.part`;
  try {
    await mkdir(own, { recursive: true });
    await removeLeftovers(home);
    await make(own);
    await rename(own, kept);
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    if (await isThere(kept)) return kept;
    throw error instanceof FgkdError ? error : storageFailed(kept, error, KEPT);
  }
  return kept;
}

/** SHA-256 of a file; remembered as long as its size and time stay. */
async function contentKey(home: string, file: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(file);
    const place = createHash("sha256")
      .update(await realpath(file))
      .digest("hex")
      .slice(0, 32);
    const note = join(home, "known", place);
    const [known, key] = (await readFile(note, "utf8").catch(() => "")).split("\n");
    if (known === `${size} ${mtimeMs}` && key) return key;
    const hash = createHash("sha256");
    for await (const bytes of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(bytes);
    const found = hash.digest("hex");
    await mkdir(join(home, "known"), { recursive: true });
    const own = `${note}.${randomBytes(4).toString("hex")}`;
    await writeFile(own, `${size} ${mtimeMs}\n${found}`);
    await rename(own, note);
    return found;
  } catch (error) {
    const isOurs = String((error as NodeJS.ErrnoException).path ?? "").startsWith(home);
    throw isOurs ? storageFailed(home, error, KEPT) : readFailed(file, error);
  }
}

/** What processes of this machine left behind that were ended in the middle. */
async function removeLeftovers(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const [, host, id] = /\.([^.]+(?:\.[^.]+)*)-(\d+)-[0-9a-f]{8}\.part$/.exec(name) ?? [];
    const isNobodys =
      host !== undefined && name.includes(`.${encodeURIComponent(hostname())}-`) && !isRunning(Number(id));
    if (isNobodys) await rm(join(home, name), { recursive: true, force: true });
  }
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function isThere(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
