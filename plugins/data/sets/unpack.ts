/** Makes a folder of what is none: archives and parquet files, unpacked once into the cache. */
import { createReadStream } from "node:fs";
import { copyFile, mkdir, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { corruptFile, type Logger, silentLogger } from "../../../core/index.js";
import { type Allowance, createAllowance, quoted, refused } from "../archives/allowance.js";
import type { ArchiveEntry } from "../archives/archive-entry.js";
import { type FileKind, fileKind } from "../archives/file-kind.js";
import { keptFolder } from "../archives/kept-folder.js";
import { tarEntries } from "../archives/tar.js";
import { zipEntries } from "../archives/zip.js";
import { byBytes, imagesIn, list } from "../folder/listing.js";
import type { LayoutName } from "../folder/options.js";
import { unpackParquet } from "./parquet.js";
import { shardsIn } from "./parquet-shards.js";

/** In bytes: what a folder counts as. Disks give it less, but have only so many. */
const FOLDER = 2 ** 14;
/** In bytes: what is larger beside archives is no list. */
const LARGEST_NOTE = 2 ** 26;
/** In bytes: so much is read, or unpacked, at a time. */
const PIECE = 2 ** 18;
const ARCHIVE_NAME = /\.(tar|tgz|tar\.gz|zip)$/i;

/**
 * The folder to read in place of what was given: an archive (`.tar`, `.tar.gz`, `.tgz`, `.zip`, told by its bytes), a folder of nothing but archives,
 * parquet files. Whatever else there is, a list or a folder, is given back as it is.
 *
 * Unpacked once: the folder is kept by the archive's content. Paths that lead outside, links, devices, and archives that become far larger than they
 * are, are refused; then nothing stays.
 *
 * @throws FGKD_PATH, FGKD_INVALID_DATA, FGKD_CORRUPT_FILE, FGKD_STORAGE
 */
export async function openPlace(path: string, layout: LayoutName, logger: Logger = silentLogger): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return layout === "folders" ? path : openFolder(path, layout, logger);
  const kind = found?.isFile() ? await fileKind(path) : undefined;
  if (kind === "tar" || kind === "gzip" || kind === "zip") return unpackedArchives([path], [], logger);
  return kind === "parquet" ? unpackedShards([path], logger) : path;
}

async function openFolder(folder: string, layout: LayoutName, logger: Logger): Promise<string> {
  const shards = await shardsIn(folder, layout === "parquet");
  if (shards.length > 0) return unpackedShards(shards, logger);
  const listing = await list(folder);
  const files = await readdir(folder);
  const archives = files.filter((name) => ARCHIVE_NAME.test(name)).sort(byBytes);
  if (archives.length === 0 || listing.folders.length > 0 || imagesIn(listing).length > 0) return folder;
  const notes = files.filter((name) => !archives.includes(name) && !name.startsWith("."));
  const paths = (names: readonly string[]) => names.map((name) => join(folder, name));
  return unpackedArchives(paths(archives), paths(notes.sort(byBytes)), logger);
}

function unpackedShards(shards: readonly string[], logger: Logger): Promise<string> {
  return keptFolder(shards, (into) => {
    logger.info(`Unpacking ${shards.length === 1 ? shards[0] : `${shards.length} parquet files`} to ${dirname(into)}…`);
    return unpackParquet(shards, into);
  });
}

/** Several archives into one folder, and the lists that lie beside them. */
async function unpackedArchives(
  archives: readonly string[],
  notes: readonly string[],
  logger: Logger,
): Promise<string> {
  const small: string[] = [];
  for (const note of notes) if ((await stat(note)).size <= LARGEST_NOTE) small.push(note);
  return keptFolder([...archives, ...small], async (into) => {
    for (const archive of archives) {
      logger.info(`Unpacking ${archive} to ${dirname(into)}…`);
      await unpack(archive, (await fileKind(archive)) ?? "tar", into);
    }
    for (const note of small) await copyFile(note, join(into, basename(note)));
  });
}

async function unpack(archive: string, kind: FileKind, into: string): Promise<void> {
  const allowance = createAllowance(archive, (await stat(archive)).size);
  const write = createWriter(archive, into, allowance);
  if (kind === "zip") return write(zipEntries(archive, allowance));
  try {
    await write(tarEntries(archive, counted(kind === "gzip" ? gunzipped(archive) : bytesOf(archive), allowance)));
  } catch (error) {
    if (!/^Z_/.test((error as NodeJS.ErrnoException).code ?? "")) throw error;
    throw corruptFile(archive, "is cut short or damaged", "Get the file anew.");
  }
}

function bytesOf(archive: string): Readable {
  return createReadStream(archive, { highWaterMark: PIECE });
}

async function* gunzipped(archive: string): AsyncGenerator<Uint8Array> {
  const [source, plain] = [bytesOf(archive), createGunzip({ chunkSize: PIECE })];
  // Not `pipeline`: where somebody stops in the middle, it tells of that instead of why.
  source.once("error", (error) => plain.destroy(error));
  try {
    yield* source.pipe(plain);
  } finally {
    source.destroy();
    plain.destroy();
  }
}

async function* counted(source: AsyncIterable<Uint8Array>, allowance: Allowance): AsyncGenerator<Uint8Array> {
  for await (const bytes of source) {
    allowance.take(bytes.length);
    yield bytes;
  }
}

/** Writes entries into a folder that is this process's alone: no link in it leads anywhere. */
function createWriter(archive: string, into: string, allowance: Allowance) {
  const made = new Set([""]);
  const makeFolder = async (path: string): Promise<void> => {
    if (made.has(path)) return;
    await makeFolder(path.includes("/") ? dirname(path) : "");
    allowance.take(FOLDER);
    await mkdir(join(into, path), { recursive: true });
    made.add(path);
  };
  return async (entries: AsyncIterable<ArchiveEntry>) => {
    for await (const { path, kind, content } of entries) {
      try {
        if (kind === "folder" || path === "") await makeFolder(path);
        else {
          await makeFolder(path.includes("/") ? dirname(path) : "");
          await writeNew(join(into, path), content());
        }
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? "";
        if (!["EEXIST", "ENOTDIR", "EISDIR"].includes(code)) throw error;
        throw refused(archive, `holds ${quoted(path)} twice, or as a file and a folder`);
      }
    }
  };
}

async function writeNew(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, "wx");
  try {
    for await (const bytes of content)
      for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
  } finally {
    await file.close();
  }
}
