import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type FolderLayout, readLayout } from "../../../../plugins/data/folder/layout.js";
import { folderSchema } from "../../../../plugins/data/folder/options.js";
import { splitByList } from "../../../../plugins/data/sets/split-list.js";
import { folderWith } from "../support.js";
import { linesOf } from "./support.js";

const images = { "set/owl/1.jpg": "", "set/owl/2.jpg": "", "set/wren/1.jpg": "", "set/wren/3.jpg": "" };

async function split(name: string, content: string): Promise<FolderLayout> {
  const root = await folderWith({ ...images, [name]: content });
  const options = folderSchema.parse({ path: join(root, "set") });
  const layout = await readLayout(options);
  return splitByList(layout, join(root, name), options).catch((error: Error) => {
    throw new Error(error.message.replaceAll(root, "ROOT"));
  });
}

describe("a list beside a set without splits", () => {
  test.each([
    ["of what is for testing", "test.txt", "owl/2.jpg\nwren/3.jpg\n"],
    ["of what is for training", "train_list.txt", "owl/1.jpg\r\nwren/1.jpg\r\n"],
    ["without endings", "test.txt", "owl/2\nwren/3"],
    ["whose paths begin above the set", "test.txt", "data/set/owl/2.jpg\ndata/set/wren/3.jpg"],
    ["of names that only one image has", "test.txt", "owl/2.jpg\n3.jpg"],
    ["of everything", "splits.csv", "file,split\nowl/1.jpg,train\nwren/1.jpg,train\nowl/2.jpg,test\nwren/3.jpg,test"],
  ])("%s says which images are tested", async (_, name, content) => {
    const layout = await split(name, content);
    expect(layout.isUnsplit).toBe(false);
    expect(linesOf(layout, "train")).toEqual(["owl owl/1.jpg", "wren wren/1.jpg"]);
    expect(linesOf(layout, "test")).toEqual(["owl owl/2.jpg", "wren wren/3.jpg"]);
  });

  test("leaves out what it does not list, and that is told", async () => {
    const layout = await split("s.csv", "file,split\nowl/1.jpg,train\nwren/1.jpg,train\nowl/2.jpg,test");
    expect(layout.candidates).toHaveLength(3);
    expect(layout.notes).toContain("1 images that s.csv does not list are left out.");
  });

  test.each([
    [
      "does not say what for",
      "mine.txt",
      "owl/2.jpg",
      /ROOT\/mine.txt: does not say whether its images are for training/,
    ],
    [
      "names images that are not there",
      "test.txt",
      "owl/2.jpg\nowl/9.jpg\n",
      /1 of 2 images listed are not in ROOT\/set \(owl\/9.jpg\)/,
    ],
    ["names images that several are called like", "test.txt", "1.jpg", /1 of 1 images listed are not in/],
  ])("that %s is refused", async (_, name, content, message) => {
    await expect(split(name, content)).rejects.toThrow(message);
  });
});
