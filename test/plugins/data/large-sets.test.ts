import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { checkFolder } from "../../../plugins/data/folder/check.js";
import { type FolderLayout, readLayout } from "../../../plugins/data/folder/layout.js";
import { folderSchema } from "../../../plugins/data/folder/options.js";
import { readList } from "../../../plugins/data/sets/list.js";
import { classFolders, folderWith } from "./support.js";

const said: string[] = [];
const logger = { info: (line: string) => void said.push(line), warn: (line: string) => void said.push(line) };

let root: string;
let layout: FolderLayout;

const check = (more: object, found = layout, most = 10) => {
  said.length = 0;
  return checkFolder(found, folderSchema.parse({ path: root, ...more }), [], logger, most);
};

describe("a set of more images than are looked at", () => {
  beforeAll(async () => {
    const damaged = { "train/a/7.png": "no picture", "train/b/4.png": "" };
    root = await folderWith({ ...(await classFolders(["train", "test"], ["a", "b"], 11)), ...damaged });
    layout = await readLayout(folderSchema.parse({ path: root }));
  });

  test("opens a sample, says so, and keeps every image: damage in the others shows later", async () => {
    const { candidates, hashes } = await check({});
    expect(candidates).toHaveLength(44);
    expect(hashes.filter((hash) => hash !== "")).toHaveLength(9);
    expect(said).toEqual([expect.stringContaining("44 images: 9 of them were looked at.")]);
  });

  test("is identified by the names of all, and by the content of the sample", async () => {
    const [first, again] = [await check({}), await check({})];
    expect(again.fingerprint).toBe(first.fingerprint);
    const candidates = layout.candidates.slice(0, -1);
    expect((await check({}, { ...layout, candidates })).fingerprint).not.toBe(first.fingerprint);
  });

  test("is looked at as a whole when bad images shall be left out", async () => {
    const { candidates } = await check({ onBadImage: "skip" });
    expect(candidates).toHaveLength(42);
    expect(said.join()).toContain("2 of 44 images were left out");
  });

  test("every image of a smaller one is looked at", async () => {
    await expect(check({}, layout, 44)).rejects.toThrow("train/a/7.png");
  });

  test("of a list, files that are not there are told before training all the same", async () => {
    const rows = layout.candidates.map(({ path, className, split }) => `${path},${className},${split}`);
    await writeFile(join(root, "all.csv"), rows.join("\n"));
    await rm(join(root, "train/b/5.png"));
    await expect(readList(join(root, "all.csv"), folderSchema.parse({ path: root }))).rejects.toThrow(
      "train/b/5.png: is listed, but not there; 1 of 44 listed images are missing",
    );
  });
});
