import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { FgkdError } from "../../../../core/index.js";
import { openPlace } from "../../../../plugins/data/sets/unpack.js";
import { folderWith } from "../support.js";
import { bomb, paxRecord, type TarPart, tar, type ZipPart, zip } from "./archives.js";

let root = "";
let cache = "";

beforeAll(async () => {
  root = await folderWith({});
});
beforeEach(async () => {
  cache = await folderWith({});
  vi.stubEnv("FGKD_CACHE", cache);
});
afterAll(() => {
  vi.unstubAllEnvs();
});

/** All files below a folder, with their content. */
function filesIn(folder: string): Readonly<Record<string, string>> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = found.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path, "utf8")]));
}

/** Folders that were unpacked, whole or not. */
function kept(): readonly string[] {
  const folder = join(cache, "data");
  return existsSync(folder) ? readdirSync(folder).filter((name) => name !== "known") : [];
}

function file(name: string, content: Uint8Array): string {
  const path = join(root, name);
  writeFileSync(path, content);
  return path;
}

/** The message, with ARCHIVE for the path; nothing may be left of what was begun. */
async function refusal(name: string, content: Uint8Array): Promise<string> {
  const path = file(name, content);
  const message = await openPlace(path, "auto").then(
    () => "unpacked",
    (error: unknown) => (error instanceof FgkdError ? `${error.code} ${error.message}` : `not told: ${error}`),
  );
  expect(kept()).toEqual([]);
  return message.replaceAll(path, "ARCHIVE");
}

const parts = [
  { name: "set/" },
  { name: "set/a/1.jpg", content: "one" },
  { name: "set/b/2.jpg", content: "x".repeat(1500) },
];
const tree = { "set/a/1.jpg": "one", "set/b/2.jpg": "x".repeat(1500) };

describe("an archive", () => {
  test.each([
    ["set.tar", tar(parts)],
    ["set.tar.gz", gzipSync(tar(parts))],
    ["set.tgz", gzipSync(tar(parts))],
    ["set.zip", zip(parts)],
    ["called otherwise", gzipSync(tar(parts))],
  ])("is unpacked into the cache: %s", async (name, content) => {
    expect(filesIn(await openPlace(file(name, content), "auto"))).toEqual(tree);
  });

  test("is unpacked once, and anew when its content changes", async () => {
    const path = file("once.tar", tar(parts));
    const first = await openPlace(path, "auto");
    const { ino } = statSync(first);
    utimesSync(path, 1, 1);
    expect(await openPlace(path, "auto")).toBe(first);
    expect(statSync(first).ino).toBe(ino);
    writeFileSync(path, tar([...parts, { name: "set/c/3.jpg", content: "more" }]));
    utimesSync(path, 1, 1);
    expect(filesIn(await openPlace(path, "auto"))).toEqual({ ...tree, "set/c/3.jpg": "more" });
  });

  test("may be unpacked by two at once", async () => {
    const path = file("twice.zip", zip(parts));
    const [one, other] = await Promise.all([openPlace(path, "auto"), openPlace(path, "auto")]);
    expect(one).toBe(other);
    expect(kept()).toHaveLength(1);
    expect(filesIn(one as string)).toEqual(tree);
  });

  test("takes what a process left behind that was ended in the middle away", async () => {
    const { hostname } = await import("node:os");
    mkdirSync(join(cache, "data", `old.tar-1.${encodeURIComponent(hostname())}-999999999-0123abcd.part`), {
      recursive: true,
    });
    await openPlace(file("after.tar", tar(parts)), "auto");
    expect(kept()).toHaveLength(1);
  });

  test("may have long names, as pax and GNU write them", async () => {
    const [long, longer] = [`${"deep/".repeat(25)}1.jpg`, `${"d/".repeat(20)}${"e".repeat(120)}.jpg`];
    const path = file(
      "long.tar",
      tar([
        { name: "pax", type: "x", content: paxRecord("mtime", "1.5") + paxRecord("path", long) },
        { name: "short", content: "one" },
        { name: "././@LongLink", type: "L", content: `${longer}\0` },
        { name: "short", content: "two" },
        { name: "pax_global_header", type: "g", content: paxRecord("comment", "a commit") },
        { name: "last", content: "three" },
      ]),
    );
    expect(filesIn(await openPlace(path, "auto"))).toEqual({ [long]: "one", [longer]: "two", last: "three" });
  });

  test("lies with others in a folder, with lists beside them: all become one", async () => {
    const folder = await folderWith({
      "images.tar": tar([{ name: "Images/a/1.jpg", content: "one" }]),
      "lists.zip": zip([{ name: "train.txt", content: "a/1" }]),
      "labels.mat": "numbers",
    });
    const opened = await openPlace(folder, "auto");
    expect(filesIn(opened)).toEqual({ "Images/a/1.jpg": "one", "train.txt": "a/1", "labels.mat": "numbers" });
  });

  test("lies beside class folders, and is left alone", async () => {
    const folder = await folderWith({ "all.zip": zip(parts), "a/1.jpg": "", "b/1.jpg": "" });
    expect(await openPlace(folder, "auto")).toBe(folder);
  });
});

describe("an archive that was made to harm is refused, and nothing of it stays:", () => {
  const tars: readonly (readonly [string, readonly TarPart[], RegExp])[] = [
    ["a path above it", [{ name: "a/../../evil.jpg" }], /holds "a\/..\/..\/evil.jpg", a path that leads outside/],
    ["a path from the root", [{ name: "/etc/evil" }], /leads outside/],
    ["a path with a drive", [{ name: "C:\\evil" }], /leads outside/],
    ["a path above it, with backslashes", [{ name: "..\\evil" }], /leads outside/],
    [
      "a path above it in a pax header",
      [{ name: "p", type: "x", content: paxRecord("path", "../evil") }, { name: "a" }],
      /outside/,
    ],
    ["a path above it in a long name", [{ name: "l", type: "L", content: "../evil\0" }, { name: "a" }], /outside/],
    [
      "a link",
      [
        { name: "a", type: "2", link: "/etc" },
        { name: "a/passwd", content: "x" },
      ],
      /holds "a", a link/,
    ],
    ["a hard link", [{ name: "a", type: "1", link: "/etc/passwd" }], /a link/],
    ["a device", [{ name: "a", type: "3" }], /a device/],
    ["a pipe", [{ name: "a", type: "6" }], /a pipe/],
    ["holes", [{ name: "a", type: "S" }], /an entry of kind "S"/],
    [
      "holes in a pax header",
      [{ name: "p", type: "x", content: paxRecord("GNU.sparse.major", "1") }, { name: "a" }],
      /holes/,
    ],
    ["a file twice", [{ name: "a" }, { name: "./a" }], /holds "a" twice/],
    ["a file as a folder", [{ name: "a" }, { name: "a/b" }], /as a file and a folder/],
    ["a header without end", [{ name: "p", type: "x", size: 2 ** 30 }], /a header of 1073741824 bytes/],
    ["too deep a path", [{ name: "a/".repeat(40) }], /no system takes/],
  ];
  test.each(tars)("tar: %s", async (_, entries, message) => {
    expect(await refusal("harm.tar", tar(entries))).toMatch(message);
  });

  const zips: readonly (readonly [string, readonly ZipPart[], RegExp])[] = [
    ["a path above it", [{ name: "fine" }, { name: "a/../../evil.jpg" }], /leads outside/],
    ["a path from the root", [{ name: "/etc/evil" }], /leads outside/],
    ["a link", [{ name: "a", mode: 0o120777, content: "/etc" }], /holds "a", a link/],
    ["a password", [{ name: "a", flags: 1 }], /needs a password/],
    [
      "a file that becomes larger than it says",
      [{ name: "a", content: "x".repeat(9999), size: 10 }],
      /FGKD_CORRUPT_FILE/,
    ],
    ["a file that says it becomes a terabyte", [{ name: "a", size: 2 ** 32 - 2 }], /would become more than/],
  ];
  test.each(zips)("zip: %s", async (_, entries, message) => {
    expect(await refusal("harm.zip", zip(entries))).toMatch(message);
  });

  test("a bomb, at the bound of what it may become", async () => {
    const watched: number[] = [];
    const watch = setInterval(() => watched.push(sizeOf(cache)), 5);
    const message = await refusal("bomb.tgz", bomb(256));
    clearInterval(watch);
    expect(message).toMatch(/^FGKD_INVALID_DATA .*ARCHIVE: of \d+ bytes would become more than \d+, as archives do/);
    expect(Math.max(...watched)).toBeLessThan(140 * 2 ** 20);
  });

  test("folders without end", async () => {
    const entries = Array.from({ length: 300 }, (_, index) => ({ name: `${index}/${"d/".repeat(20)}`, type: "5" }));
    expect(await refusal("folders.tgz", gzipSync(tar(entries)))).toMatch(/would become more than/);
  });

  test.each([
    ["bzip2", "BZh91AY&SY"],
    ["7z", "7z\xbc\xaf'\x1c"],
    ["RAR", "Rar!\x1a\x07"],
  ])("packed with %s, which is told", async (kind, start) => {
    expect(await refusal("other.tgz", Buffer.from(start, "latin1"))).toMatch(`is packed with ${kind}; .tar, .tar.gz`);
  });

  test("damaged in any byte, or cut short anywhere", async () => {
    const whole = { "x.tgz": gzipSync(tar(parts)), "x.zip": zip(parts), "x.tar": tar(parts) };
    for (const [name, content] of Object.entries(whole)) {
      for (let at = 3; at < content.length - 1; at += Math.ceil(content.length / 12)) {
        const broken = Buffer.from(content);
        broken[at] = (broken[at] as number) ^ 0x41;
        for (const damaged of [broken, content.subarray(0, at)]) {
          const found = await openPlace(file(name, damaged), "auto").catch((error: unknown) => error);
          // What hits a file's own bytes in a plain tar, or a date, harms nothing else.
          if (typeof found !== "string") expect(found, `${name} at ${at}`).toBeInstanceOf(FgkdError);
        }
      }
    }
  });
});

function sizeOf(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.reduce((sum, entry) => {
    const found = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
    return sum + (found?.isFile() ? found.size : 0);
  }, 0);
}
