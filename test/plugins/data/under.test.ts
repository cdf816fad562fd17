import { join } from "node:path";
import { expect, test } from "vitest";
import { under } from "../../../plugins/data/folder/under.js";

test.each(["/a/b", "/", "", "a", "/a/", "C:\\a"])("a path below %s is that of join", (root) => {
  const tidy = ["b.jpg", "b/c.jpg", "b c/..d.jpg", "b./c", "b../c"];
  const untidy = [
    "./b.jpg",
    "../b.jpg",
    "b/./c",
    "b/../c",
    "b//c",
    "/b",
    "b/",
    "",
    ".",
    "..",
    ".hidden",
    "b/.c",
    "b/..",
  ];
  for (const path of [...tidy, ...untidy]) expect([path, under(root, path)]).toEqual([path, join(root, path)]);
});
