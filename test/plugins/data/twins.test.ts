import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Split } from "../../../core/index.js";
import { tellTwins } from "../../../plugins/data/folder/twins.js";
import { inspectFile } from "../../../plugins/data/images/inspect.js";
import { classFolders, folderWith, openFolder, picture, said } from "./support.js";

const tree = await classFolders(["train", "test"], ["a", "b"], 3);
const copy = tree["train/a/0.png"] as Uint8Array;

describe("an image that is there twice", () => {
  test("is told where one is trained on and the other tested, with both places", async () => {
    await openFolder(await folderWith({ ...tree, "test/a/copy.png": copy }));
    expect(said).toEqual([
      "1 image is in the train split and in the test split, byte for byte (train/a/0.png and test/a/copy.png): what is measured on such images says too much of the model. Remove them from one of the two.",
    ]);
  });

  test("is told where fgkd draws the split, and counted", async () => {
    const plain = await classFolders([""], ["a", "b"], 6);
    const copies = Object.entries(plain).map(([path, bytes]) => [path.replace(".png", " (copy).png"), bytes]);
    await openFolder(await folderWith({ ...plain, ...Object.fromEntries(copies) }), { split: 0.5 });
    expect(said.join()).toMatch(/^\d+ images? (is|are) in the train split and in the test split, byte for byte/);
  });

  test("is told of the validation split, too", async () => {
    const val = await classFolders(["val"], ["a", "b"], 2);
    await openFolder(
      await folderWith({ ...tree, ...val, "val/b/copy.png": tree["test/b/1.png"] as Uint8Array, "val/a/2.png": copy }),
    );
    expect(said.filter((line) => line.includes("byte for byte"))).toEqual([
      expect.stringContaining(
        "in the train split and in the validation split, byte for byte (train/a/0.png and val/a/2.png)",
      ),
      expect.stringContaining(
        "in the validation split and in the test split, byte for byte (val/b/copy.png and test/b/1.png)",
      ),
    ]);
  });

  test("is told where its two places are two classes: one label is wrong", async () => {
    await openFolder(await folderWith({ ...tree, "train/b/copy.png": copy }));
    expect(said).toEqual([
      "1 image is in two classes, byte for byte (train/a/0.png and train/b/copy.png): one of the labels is wrong.",
    ]);
  });

  test("is no matter within one class of one split, nor is another image of the same size", async () => {
    const other = await picture({ r: 1, g: 2, b: 3 });
    await openFolder(await folderWith({ ...tree, "train/a/copy.png": copy, "test/b/9.png": other }));
    expect(said).toEqual([]);
  });
});

describe("large files", () => {
  /** A file of each split whose first and last bytes are the same, and one more in the middle. */
  async function tellOf(middle: readonly [Buffer, Buffer]): Promise<readonly string[]> {
    const root = await folderWith({});
    const [head, tail] = [randomBytes(40_000), randomBytes(8_000)];
    const candidates = (["train", "test"] as const).map((split: Split) => ({
      split,
      className: "a",
      path: `${split}/0.jpg`,
    }));
    for (const [index, { split, path }] of candidates.entries()) {
      await mkdir(join(root, split));
      await writeFile(join(root, path), Buffer.concat([head, middle[index] as Buffer, tail]));
    }
    const lines: string[] = [];
    const logger = { info: () => {}, warn: (line: string) => void lines.push(line) };
    await tellTwins(
      root,
      candidates,
      candidates.map(() => "the same"),
      logger,
    );
    return lines;
  }

  test("are twins only if they are the same in the middle, too", async () => {
    const same = randomBytes(5_000);
    expect(await tellOf([same, same])).toHaveLength(1);
    expect(await tellOf([same, randomBytes(5_000)])).toEqual([]);
  });

  test("that are looked at have another hash where their size, start or end differ", async () => {
    const bytes = randomBytes(50_000);
    const root = await folderWith({
      "0": bytes,
      "1": bytes.subarray(1),
      "2": Buffer.concat([bytes.subarray(0, -1), Buffer.of(0)]),
    });
    const hashes = ["0", "1", "2"].map((name) => inspectFile(join(root, name)).hash);
    expect(new Set(hashes).size).toBe(3);
  });
});
