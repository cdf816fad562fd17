import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { FgkdError } from "../../../../core/index.js";
import { list } from "../../../../plugins/data/sets/list.js";
import { openPlace } from "../../../../plugins/data/sets/unpack.js";
import { folderWith, picture } from "../support.js";
import { type HubRow, writeParquet } from "./hub-parquet.js";
import { linesOf, read, recognises } from "./support.js";

const pictures = await Promise.all([10, 60, 110, 160].map((r) => picture({ r, g: 90, b: 90 }, 12, "jpeg")));
const png = await picture({ r: 5, g: 5, b: 5 }, 12);
const row = (index: number, label: number | null): HubRow => ({ bytes: pictures[index] as Uint8Array, label });
const names = ["wren", "owl"];

let root = "";
beforeEach(async () => {
  root = await folderWith({});
  vi.stubEnv("FGKD_CACHE", await folderWith({}));
});
afterAll(() => {
  vi.unstubAllEnvs();
});

/** A set as a hub has it: shards in `data/`. */
async function hubSet(
  shards: Readonly<Record<string, readonly (readonly HubRow[])[]>>,
  labels: readonly string[] | null = names,
) {
  mkdirSync(join(root, "data"), { recursive: true });
  for (const [name, groups] of Object.entries(shards)) await writeParquet(join(root, "data", name), groups, labels);
  return root;
}

const refusal = (path: string) =>
  openPlace(path, "auto").then(
    () => "unpacked",
    (error: unknown) => (error instanceof FgkdError ? error.message.replaceAll(root, "ROOT") : `not told: ${error}`),
  );

describe("parquet files of a hub", () => {
  const shards = {
    "train-00000-of-00002.parquet": [[row(0, 1)], [row(1, 0)]],
    "train-00001-of-00002.parquet": [[{ bytes: png, label: 1 }]],
    "test-00000-of-00001.parquet": [[row(2, 0), row(3, 1)]],
  };

  test("become images and a list, in their own order of classes", async () => {
    const folder = await openPlace(await hubSet(shards), "auto");
    expect(await recognises(list, folder)).toBe(true);
    const layout = await read(list, folder);
    expect(layout.classes).toEqual(names);
    expect(layout.published?.order).toBe("classes.txt");
    expect(linesOf(layout, "train")).toEqual([
      "owl train/0000000.jpeg",
      "wren train/0000001.jpeg",
      "owl train/0000002.png",
    ]);
    expect(linesOf(layout, "test")).toEqual(["wren test/0000000.jpeg", "owl test/0000001.jpeg"]);
    expect(readFileSync(join(folder, "train/0000001.jpeg"))).toEqual(Buffer.from(pictures[1] as Uint8Array));
    expect(readFileSync(join(folder, "test/0000001.jpeg"))).toEqual(Buffer.from(pictures[3] as Uint8Array));
  });

  test("may be one, without a note on its labels and its split", async () => {
    const path = join(root, "mine.parquet");
    await writeParquet(path, [[row(0, 3), row(1, 7)]], null);
    const layout = await read(list, await openPlace(path, "auto"));
    expect([layout.classes, layout.isUnsplit]).toEqual([["3", "7"], true]);
  });

  test("leave out what nobody labelled, where that is all of a split", async () => {
    const secret = { "test-00000-of-00001.parquet": [[row(2, -1), row(3, -1)]] };
    const validation = { "validation-00000-of-00001.parquet": [[row(2, 0), row(3, 1)]] };
    const layout = await read(list, await openPlace(await hubSet({ ...shards, ...secret, ...validation }), "auto"));
    expect(linesOf(layout, "test")).toEqual(["wren validation/0000000.jpeg", "owl validation/0000001.jpeg"]);
    const some = { "test-00000-of-00001.parquet": [[row(2, null), row(3, 1)]] };
    expect(await refusal(await hubSet({ ...shards, ...some }))).toMatch(/1 of 2 rows have no label/);
  });

  test("beside images are left alone", async () => {
    const folder = await folderWith({ "a/1.jpg": "", "b/1.jpg": "" });
    await writeParquet(join(folder, "a.parquet"), [[row(0, 0)]], names);
    expect(await openPlace(folder, "auto")).toBe(folder);
  });

  test("that do not belong together are refused", async () => {
    await hubSet(shards);
    await writeParquet(join(root, "data/test-00000-of-00001.parquet"), [[row(2, 0)]], ["owl", "wren"]);
    expect(await refusal(root)).toMatch(
      /ROOT\/data\/train-00000-of-00002.parquet: has other classes than the files before it/,
    );
  });

  test("without images in them are refused", async () => {
    expect(await refusal(await hubSet({ "train.parquet": [[{ bytes: null, label: 0 }]] }))).toMatch(
      /^FGKD_INVALID_DATA ROOT\/data\/train.parquet: row 0 has no image in column image/,
    );
  });

  test("damaged in any byte, or cut short anywhere, are refused or read", async () => {
    const path = join(root, "x.parquet");
    await writeParquet(path, [[row(0, 0), row(1, 1)]], names);
    const whole = readFileSync(path);
    expect(await refusal(path)).toBe("unpacked");
    for (let at = 4; at < whole.length; at += Math.ceil(whole.length / 40)) {
      const broken = Buffer.from(whole);
      broken[at] = (broken[at] as number) ^ 0x55;
      for (const damaged of [broken, whole.subarray(0, at)]) {
        writeFileSync(path, damaged);
        expect(await refusal(path), `at ${at}`).toMatch(/^(unpacked|FGKD_)/);
      }
    }
    writeFileSync(path, whole.subarray(0, whole.length - 10));
    expect(await refusal(path)).toMatch(/^FGKD_CORRUPT_FILE ROOT\/x.parquet: is no parquet file, or damaged/);
  });
});
