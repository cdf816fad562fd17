import { readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { type DiskCache, keepOnDisk } from "../../../plugins/data/images/disk-cache.js";
import { openDiskCache } from "../../../plugins/data/images/open-disk-cache.js";
import { classFolders, collect, folderWith, input, openFolder, picture } from "./support.js";

let root: string;
let kept: string;

const names = async () => (await readdir(kept)).sort();
/** Another run: nothing is in memory. */
const another = (options: object = {}) => openFolder(root, { cachePath: kept, cacheBytes: 0, ...options });
const smaller = { input: { ...input, resize: 18, crop: 12 } };

describe("pictures kept on disk", () => {
  beforeEach(async () => {
    root = await folderWith(await classFolders(["train", "test"], ["a", "b"], 4));
    kept = join(await folderWith({}), "kept");
  });

  test("give every run the same batches as no cache does, and are written once", async () => {
    const expected = await collect(await openFolder(root, { cacheBytes: 0 }), smaller);
    expect(await collect(await another(), smaller)).toEqual(expected);
    const written = await names();
    expect(written).toHaveLength(8);
    const before = await stat(join(kept, written[0] as string));
    expect(await collect(await another({ workers: 2 }), smaller)).toEqual(expected);
    expect(await names()).toEqual(written);
    expect((await stat(join(kept, written[0] as string))).mtimeMs).toBe(before.mtimeMs);
  });

  test("are what later runs take: the file is not decoded again", async () => {
    await collect(await another(), smaller);
    for (const name of await names()) {
      const bytes = await readFile(join(kept, name));
      const other = bytes.subarray(12).fill(255);
      const { crc32 } = await import("node:zlib");
      bytes.writeUInt32LE(crc32(other), 8);
      await writeFile(join(kept, name), bytes);
    }
    const [batch] = await collect(await another(), smaller);
    expect([...new Set(batch?.images)]).toEqual([1]);
  });

  test("are not taken for an image whose content is another, nor for another size, nor turned otherwise", async () => {
    await collect(await another(), smaller);
    await writeFile(join(root, "train/a/0.png"), await picture({ r: 1, g: 2, b: 3 }));
    const fresh = await collect(await openFolder(root, { cacheBytes: 0 }), smaller);
    expect(await collect(await another(), smaller)).toEqual(fresh);
    expect(await names()).toHaveLength(9);
    await collect(await another(), { input: { ...smaller.input, resize: 20 } });
    expect(await names()).toHaveLength(17);
    await collect(await another({ exif: "ignore" }), smaller);
    expect(await names()).toHaveLength(25);
  });

  test("that were cut short or changed are made anew", async () => {
    const expected = await collect(await another(), smaller);
    const [one, other] = (await names()) as [string, string];
    await truncate(join(kept, one), 40);
    const bytes = await readFile(join(kept, other));
    // In the middle, which every crop shows.
    const middle = 12 + 3 * (9 * 18 + 9);
    bytes[middle] = (bytes[middle] as number) ^ 1;
    await writeFile(join(kept, other), bytes);
    expect(await collect(await another(), smaller)).toEqual(expected);
    expect((await stat(join(kept, one))).size).toBeGreaterThan(40);
  });

  test("stay within what the folder may hold, and training goes on", async () => {
    const bytes = 3 * 1024;
    const expected = await collect(await openFolder(root, { cacheBytes: 0 }), smaller);
    expect(await collect(await another({ cachePathBytes: bytes }), smaller)).toEqual(expected);
    expect((await names()).length).toBeLessThan(4);
  });

  test("leave the room of one that found none, or that could not be written, to the next", async () => {
    const square = (side: number) => ({ width: side, height: side, data: new Uint8Array(3 * side ** 2) });
    const cache: DiskCache = { folder: await folderWith({}), made: "", used: new Int32Array(1), limit: 2 };
    keepOnDisk(cache, "large", square(32));
    keepOnDisk({ ...cache, folder: join(cache.folder, "nowhere") }, "lost", square(8));
    keepOnDisk(cache, "small", square(16));
    expect(await readdir(cache.folder)).toEqual(["small.rgb"]);
    expect(cache.used[0]).toBe(1);
  });

  test("make room when a run begins, those that were written first; what was never finished goes, too", async () => {
    await collect(await another(), smaller);
    const all = await names();
    const [first] = all as [string];
    await utimes(join(kept, first), 1, 1);
    await writeFile(join(kept, "left.1-1.tmp"), "");
    await utimes(join(kept, "left.1-1.tmp"), 1, 1);
    await writeFile(join(kept, "somebody's.txt"), "");
    const { used } = openDiskCache(kept, 5 * 1024, "");
    const left = await names();
    expect(left).toContain("somebody's.txt");
    expect(left).not.toContain(first);
    expect(left).not.toContain("left.1-1.tmp");
    expect(used[0]).toBeLessThanOrEqual(5);
  });

  test("need a folder that can be written to", async () => {
    const file = join(root, "train/a/0.png");
    await expect(another({ cachePath: file })).rejects.toThrow(
      /FGKD_PATH .*0\.png: pictures cannot be kept there: .*data.cachePath/,
    );
    await rm(file);
  });
});
