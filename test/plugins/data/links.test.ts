import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { byBytes, folderProblem } from "../../../plugins/data/folder/listing.js";
import { countsOf, files, layoutIn } from "./layout-support.js";
import { folderWith } from "./support.js";

const tree = files({ "train/a": 3, "train/b": 3, "test/a": 1, "test/b": 1 });

describe.skipIf(process.platform === "win32")("links in a data folder", () => {
  test("that branch on every level are followed to each folder once", async () => {
    const root = await folderWith({ ...tree, ...files({ "p/d": 45 }), "p/b/.keep": "", "p/c/.keep": "" });
    for (let index = 0; index < 45; index++) {
      await symlink("../c", join(root, `p/b/${index}`));
      await symlink("../d", join(root, `p/c/${index}`));
      await symlink("../../p/b", join(root, `train/a/L${index}`));
    }
    const before = process.memoryUsage().heapUsed;
    expect(countsOf(await layoutIn(root))).toEqual([3 + 45 + 3, 0, 2]);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 ** 27);
  });

  test("that meet in one folder count once, by the way of the lower name", async () => {
    const root = await folderWith({ ...tree, ...files({ shared: 2 }) });
    await symlink("../../shared", join(root, "train/a/y"));
    await symlink("../../shared", join(root, "train/a/x"));
    const { candidates } = await layoutIn(root);
    expect(
      candidates.filter(({ path }) => path.includes("/x/") || path.includes("/y/")).map(({ path }) => path),
    ).toEqual(["train/a/x/0.jpg", "train/a/x/1.jpg"]);
  });

  test("that put one folder into two classes are refused: an image has one", async () => {
    const root = await folderWith(tree);
    await symlink("b", join(root, "train/c"));
    await expect(layoutIn(root)).rejects.toThrow(
      `FGKD_INVALID_DATA ${root}/train/c: its images are those of class "b" already, by a link. Remove the link: an image has one class.`,
    );
  });

  test("that lead back up are refused, of class folders and splits as well", async () => {
    for (const [target, place] of [
      ["..", "train/a/up"],
      [".", "train/loop"],
      [".", "test/a/again"],
      ["..", "test/all"],
    ] as const) {
      const root = await folderWith(tree);
      await symlink(target, join(root, place));
      await expect(layoutIn(root)).rejects.toThrow(`${root}/${place}: a link that leads back to a folder it lies in`);
    }
    const root = await folderWith(files({ "train/a": 3, "train/b": 3 }));
    await symlink(".", join(root, "test"));
    await expect(layoutIn(root)).rejects.toThrow("a link that leads back to a folder it lies in");
  });

  test("may be the folder itself, a split or a class", async () => {
    const root = await folderWith({ ...files({ "store/one": 3, "store/two": 2 }) });
    await mkdir(join(root, "data/train"), { recursive: true });
    for (const [target, place] of [
      ["../../store/one", "train/a"],
      ["../../store/two", "train/b"],
      ["train", "test"],
    ] as const)
      await symlink(target, join(root, "data", place));
    await symlink("data", join(root, "link"));
    expect(countsOf(await layoutIn(join(root, "link")))).toEqual([5, 0, 5]);
  });

  test("that end nowhere, and paths that no system takes, are told in words", async () => {
    const root = await folderWith({});
    await symlink("loop", join(root, "loop"));
    await expect(layoutIn(join(root, "loop"))).rejects.toThrow(
      `FGKD_PATH ${root}/loop: the folder cannot be read: links lead back to themselves (ELOOP). Remove the link.`,
    );
    // Whether the system looks for the first folder or at the length first is its own affair; nobody reads 4,200 letters.
    await expect(layoutIn(join(root, "a/".repeat(2100)))).rejects.toThrow(
      /^FGKD_PATH .{150,200}: (there is no such folder|the folder cannot be read)/,
    );
    await expect(layoutIn(join(root, "n".repeat(300)))).rejects.toThrow(
      /^FGKD_PATH .{150,200}: the folder cannot be read: the path, or a name in it, is longer .*\(ENAMETOOLONG\)\. Choose a shorter one\.$/,
    );
  });
});

describe("what the system says of a folder", () => {
  afterEach(() => vi.restoreAllMocks());

  test.each([
    ["EMFILE", -24, "this process may not open any more files (EMFILE). Raise the limit: `ulimit -n"],
    ["EIO", -5, "the disk failed to do it (EIO)"],
    ["Unknown system error -116", -116, "(ESTALE). Mount the network disk anew."],
    ["ETIMEDOUT", -110, "the server that holds it does not answer (ETIMEDOUT)"],
    ["EACCES", -13, 'the folder may not be read (permission denied). Allow it (chmod -R u+rX "photos")'],
  ])("is told in words: %s", (code, errno, text) => {
    const error = Object.assign(new Error(`${code}: scandir`), { code, errno, syscall: "scandir" });
    expect(folderProblem("photos", error)).toMatchObject({ code: "FGKD_PATH", message: expect.stringContaining(text) });
  });

  test("is handed on where no system said it", () => {
    const error = new TypeError("a defect");
    expect(folderProblem("photos", error)).toBe(error);
  });
});

test("names are ordered by their bytes", () => {
  const names = ["b", "a", "ab", "", "é", "z", "\u{1f426}", "\uffee", "a\u{1f426}", "a\uffee", "Z", "e\u0301"];
  expect([...names].sort(byBytes)).toEqual([...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
});
