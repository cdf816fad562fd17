/** Parquet files of a hub become image files and a list: row group by row group, so that a file may be larger than memory. */
import { type FileHandle, mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  snappyUncompress,
} from "hyparquet";
import { corruptFile, FgkdError, invalidData, type Split } from "../../../core/index.js";
import { type Allowance, createAllowance, refused } from "../archives/allowance.js";
import { sniffFormat } from "../images/inspect.js";
import { columnsOfParquet, type ParquetColumns } from "./parquet-columns.js";
import { splitOfShard } from "./parquet-shards.js";

/** In bytes: a row group is in memory at once, and a page of it unpacked. */
const LARGEST_GROUP = 2 ** 31;
const LARGEST_PAGE = 2 ** 28;
/** In bytes: no image is smaller. A few bytes can claim any number of rows. */
const SMALLEST_ROW = 16;

/**
 * Writes `<split>/<row>.jpg`, `list.jsonl`, and `classes.txt` where the labels have names. Rows without a label, as tests have that are kept
 * secret, are left out where all of a file are.
 *
 * @param shards parquet files, in order; names say the split: `train-00000-of-00002.parquet`
 * @throws FGKD_INVALID_DATA, FGKD_CORRUPT_FILE, and the system's errors
 */
export async function unpackParquet(shards: readonly string[], into: string): Promise<void> {
  const writer = await createWriter(into);
  try {
    let names: readonly string[] | undefined;
    for (const shard of shards) {
      const file = await open(shard, "r");
      try {
        const found = await unpackShard(shard, file, writer);
        if (names && found && found.join("\n") !== names.join("\n"))
          throw invalidData(shard, "has other classes than the files before it", "Give one data set at a time.");
        names ??= found;
      } finally {
        await file.close();
      }
    }
    const lines = names?.map((name, index) => `${index} ${name.replaceAll(/\s+/g, " ")}\n`);
    if (lines) await writeFile(join(into, "classes.txt"), lines.join(""));
  } finally {
    await writer.close();
  }
}

/** @returns the names of its labels */
async function unpackShard(shard: string, file: FileHandle, writer: Writer): Promise<readonly string[] | undefined> {
  const { size } = await file.stat();
  const buffer = bufferOf(file, size);
  const metadata = await reading(shard, () => parquetMetadataAsync(buffer));
  const columns = columnsOfParquet(shard, metadata);
  checkSizes(shard, metadata, size);
  const allowance = createAllowance(shard, size);
  let [rowStart, unlabelled, rows] = [0, 0, 0];
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const found = await reading(shard, () =>
      parquetReadObjects({
        file: buffer,
        metadata,
        columns: [columns.image, columns.label],
        rowStart,
        rowEnd,
        utf8: false,
        compressors,
      }),
    );
    for (const row of found) {
      const label = labelOf(row[columns.label]);
      if (label === undefined) unlabelled++;
      else await writer.add(imageOf(shard, columns, rows, row[columns.image]), label, splitOfShard(shard), allowance);
      rows++;
    }
    rowStart = rowEnd;
  }
  if (unlabelled > 0 && unlabelled < rows)
    throw invalidData(shard, `${unlabelled} of ${rows} rows have no label`, "Remove them, or label them.");
  return columns.names;
}

function checkSizes(shard: string, { row_groups }: FileMetaData, size: number): void {
  for (const { num_rows, columns, total_byte_size } of row_groups) {
    const packed = columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_compressed_size ?? 0), 0);
    const largest = Math.max(packed, Number(total_byte_size));
    if (largest > LARGEST_GROUP)
      throw refused(
        shard,
        `has a row group of ${largest} bytes, more than the ${LARGEST_GROUP} that are held in memory`,
      );
    if (packed > size || Number(num_rows) > 1000 + size / SMALLEST_ROW)
      throw refused(shard, `of ${size} bytes claims ${num_rows} rows of ${packed} bytes in one group`);
  }
}

/** Numbers below 0 stand for none. */
function labelOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && number >= 0 ? String(number) : undefined;
}

function imageOf(shard: string, { image }: ParquetColumns, row: number, value: unknown): Uint8Array {
  const bytes = value instanceof Uint8Array ? value : (value as { bytes?: unknown } | null)?.bytes;
  if (bytes instanceof Uint8Array) return bytes;
  const remedy = "Get the files in which the images are themselves, not only their addresses.";
  throw invalidData(shard, `row ${row} has no image in column ${image}`, remedy);
}

interface Writer {
  add(image: Uint8Array, label: string, split: Split | undefined, allowance: Allowance): Promise<void>;
  close(): Promise<void>;
}

async function createWriter(into: string): Promise<Writer> {
  const list = await open(join(into, "list.jsonl"), "wx");
  const counts = new Map<string, number>();
  return {
    add: async (image, label, split, allowance) => {
      allowance.take(image.length);
      const name = split ?? "images";
      const count = counts.get(name) ?? 0;
      if (count === 0) await mkdir(join(into, name));
      const path = `${name}/${String(count).padStart(7, "0")}.${endingOf(image)}`;
      await writeFile(join(into, path), image, { flag: "wx" });
      await list.write(`${JSON.stringify({ path, label, ...(split && { split }) })}\n`);
      counts.set(name, count + 1);
    },
    close: () => list.close(),
  };
}

function endingOf(image: Uint8Array): string {
  const { format } = sniffFormat(image);
  return format === "none" ? "bin" : format.toLowerCase();
}

function bufferOf(file: FileHandle, size: number): AsyncBuffer {
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
        if (bytesRead === 0) throw new Error("the file became shorter");
        at += bytesRead;
      }
      return bytes.buffer;
    },
  };
}

/** Of those that parquet knows, the ones that hubs use and Node has. */
const compressors: Compressors = {
  SNAPPY: (input, length) => {
    const output = new Uint8Array(bounded(length));
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: bounded(length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: bounded(length) }),
};

function bounded(length: number): number {
  if (length > LARGEST_PAGE) throw new Error(`a page of ${length} bytes`);
  return Math.max(1, length);
}

async function reading<T>(shard: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FgkdError) throw error;
    const words = error instanceof Error ? error.message : String(error);
    throw corruptFile(shard, `is no parquet file, or damaged (${words})`, "Get the file anew.");
  }
}
