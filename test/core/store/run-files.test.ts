import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runToResume } from "../../../core/cli/train/run-place.js";
import { createRunFolder, engineOf, FgkdError, type Manifest, openRunFolder } from "../../../core/index.js";
import { readConfigFile, readManifestFile } from "../../../core/store/run-files.js";
import { cases } from "../../support/cases.js";
import { plugin, toyRun } from "../../support/trouble.js";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "fgkd-files-"));
});
afterAll(() => rmSync(home, { recursive: true }));

const config = {
  preset: "toy",
  plugins: ["./own.mjs"],
  layers: [{ origin: "--epochs", config: { epochs: 3 } }],
  from: "/home/ann",
  written: { name: "toy" },
  modules: [{ name: "fgkd-plugin-loud", version: "1.0.0" }],
  weights: { teacher: "0f" },
  resolved: { run: { epochs: 3 }, stages: { student: { epochs: 3, models: {}, options: {} } } },
};
const manifest = {
  fgkd: "0.1.0",
  node: "v20.0.0",
  engine: "cpu",
  engineOptions: { threads: 2 },
  preset: "toy",
  seed: 0,
  classes: ["a", "b"],
  data: { student: "0f" },
  seconds: { student: 1.5 },
  images: { student: 12 },
};
const files = [
  [
    "config.json",
    config,
    readConfigFile,
    ["from", "written", "modules", "weights"],
    cases("config.json: anything"),
    cases("config.json: any byte changed"),
  ],
  [
    "manifest.json",
    manifest,
    readManifestFile,
    ["engineOptions"],
    cases("manifest.json: anything"),
    cases("manifest.json: any byte changed"),
  ],
] as const;

/** What reading the text comes to: its value, or the code of the refusal. Any other error fails the test. */
function outcome(read: (path: string) => unknown, text: string | Uint8Array): unknown {
  const path = join(home, "file.json");
  writeFileSync(path, text);
  try {
    return read(path);
  } catch (error) {
    if (!(error instanceof FgkdError)) throw error;
    expect(error.message).toContain(`${path}: is not as fgkd wrote it: `);
    expect(error.message.length).toBeLessThan(1000);
    return error.code;
  }
}

/** Every path that leads to a value. */
function paths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return value.map((inner, index) => (String(index) === key ? replaced(inner, rest, by) : inner));
  const record = value as Readonly<Record<string, unknown>>;
  // fromEntries, not a literal: "__proto__" is to be a key like any other.
  return Object.fromEntries([
    ...Object.entries({ ...record, [key]: undefined }).filter(([one]) => one !== key),
    [key, replaced(record[key], rest, by)],
  ]);
}

describe.each(files)("%s, edited by anybody", (_, whole, read, optional, anything, anyByte) => {
  test("is what it was when nothing was edited", () => {
    expect(outcome(read, JSON.stringify(whole, null, 2))).toEqual(whole);
  });

  test("is refused wherever it was cut off", () => {
    const text = JSON.stringify(whole);
    for (let length = 0; length < text.length; length++)
      expect(outcome(read, text.slice(0, length))).toBe("FGKD_CORRUPT_FILE");
  });

  test.each(Object.keys(whole))("is refused without %s, or with another kind of it", (key) => {
    const without = outcome(read, JSON.stringify({ ...whole, [key]: undefined }));
    if (!(optional as readonly string[]).includes(key)) expect(without).toBe("FGKD_CORRUPT_FILE");
    for (const other of [true, null, [[1]]])
      expect(outcome(read, JSON.stringify({ ...whole, [key]: other }))).toBe("FGKD_CORRUPT_FILE");
  });

  test("is refused with a number that is none, and with a key of JavaScript's own, wherever that stands", () => {
    for (const path of paths(whole).filter(({ length }) => length > 0)) {
      const text = JSON.stringify(replaced(whole, path, "HERE"));
      for (const bad of ["1e999", "NaN", '{"__proto__": {"polluted": 1}}', '{"constructor": 1}'])
        expect(outcome(read, text.replace('"HERE"', bad)), `${path.join(".")} = ${bad}`).toBe("FGKD_CORRUPT_FILE");
    }
    expect("polluted" in {}).toBe(false);
  });

  test("is read or refused, whatever stands in it", () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const edited = fc.oneof(
      fc.json({ maxDepth: 3 }),
      fc.string({ unit: "binary" }),
      fc.uint8Array({ maxLength: 64 }),
      fc
        .tuple(fc.constantFrom(...paths(whole)), fc.jsonValue({ maxDepth: 3 }))
        .map(([path, value]) => JSON.stringify(replaced(whole, path, value))),
    );
    const check = (text: string | Uint8Array) => {
      const found = outcome(read, text);
      if (found === "FGKD_CORRUPT_FILE") return;
      expect(Object.keys(found as object)).toEqual(
        expect.arrayContaining(Object.keys(whole).filter((key) => !(optional as readonly string[]).includes(key))),
      );
      // What the product does with it.
      if (read === readManifestFile) expect(typeof engineOf(found as Manifest).name).toBe("string");
    };
    fc.assert(fc.property(edited, check), anything);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  test("is refused, or says the same but for one value or one key, whatever byte of it was changed", () => {
    const text = new TextEncoder().encode(JSON.stringify(whole));
    const check = (at: number, flip: number) => {
      const bytes = Uint8Array.from(text);
      bytes[at] = (bytes[at] as number) ^ flip;
      const found = outcome(read, bytes);
      if (found === "FGKD_CORRUPT_FILE") return;
      // The values next to each other, so that a changed key, too, counts once.
      const [now, then] = [found, whole].map((value) => paths(value).map((path) => JSON.stringify(path)));
      expect(now?.length).toBe(then?.length);
    };
    const at = fc.nat(text.length - 1);
    fc.assert(fc.property(at, fc.integer({ min: 1, max: 255 }), check), anyByte);
  });

  test("is refused within bounds when it is larger, deeper or more than any run's", () => {
    const began = process.cpuUsage().user;
    const most = 2 ** 22;
    const list = (inner: string, length: number) => `[${`${inner},`.repeat(length)}${inner}]`;
    for (const text of [
      `"${"x".repeat(most)}"`,
      `${"[".repeat(most / 2 - 1)}${"]".repeat(most / 2 - 1)}`,
      list("[]", most / 3 - 4),
      JSON.stringify(whole)
        .replace('"plugins":[', `"plugins":[${"1,".repeat(200_000)}`)
        .replace('"classes":[', `"classes":[${"1,".repeat(200_000)}`),
      `{"a":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}}`,
    ])
      expect(outcome(read, text)).toBe("FGKD_CORRUPT_FILE");
    // Of the processor, for five files of 4 MiB.
    expect((process.cpuUsage().user - began) / 1e6).toBeLessThan(20);
  });
});

describe("a place where something else stands", () => {
  test("a folder, or a pipe that nobody writes to, is refused at once", ({ skip }) => {
    const folder = join(home, "folder.json");
    mkdirSync(folder);
    expect(() => readConfigFile(folder)).toThrow(/FGKD_CORRUPT_FILE .*folder\.json: .* it is not a file/);
    if (process.platform === "win32") return skip("no pipes in folders");
    const pipe = join(home, "pipe.json");
    execFileSync("mkfifo", [pipe]);
    expect(() => readConfigFile(pipe)).toThrow(/FGKD_CORRUPT_FILE .*pipe\.json: .* it is not a file/);
  });
});

describe("a run folder", () => {
  async function newFolder(name: string) {
    const run = await toyRun(plugin("nothing", () => {}));
    const path = join(home, name);
    const request = { preset: "toy", plugins: [], layers: [] };
    const folder = await createRunFolder(path, request, run);
    folder.writeManifest(run, { name: "cpu" }, {});
    return { run, path, request, folder, at: (file: string) => join(path, file) };
  }

  test("whose config.json was edited names file, field and remedy", async () => {
    const { run, path, request, folder, at } = await newFolder("edited");
    await folder.close();
    await run.close();
    expect((await openRunFolder(path)).request).toEqual(request);
    writeFileSync(at("config.json"), '{ "preset": "toy", "plugins": "x", "layers": [] }');
    await expect(openRunFolder(path)).rejects.toThrow(
      /FGKD_CORRUPT_FILE .*edited\/config\.json: is not as fgkd wrote it: plugins: .* Restore config\.json from a copy/,
    );
  });

  test("that cannot be read is not passed over for an older one by --resume", async () => {
    for (const name of ["runs/toy-1", "runs/toy-2"]) {
      const { run, folder, at } = await newFolder(name);
      writeFileSync(at("result.json"), "{}");
      await folder.close();
      await run.close();
    }
    const newest = join(home, "runs", "toy-2");
    const later = statSync(join(home, "runs/toy-1/manifest.json")).mtimeMs / 1000 + 60;
    utimesSync(join(newest, "manifest.json"), later, later);
    expect(await runToResume(true, "toy", home)).toBe(newest);
    writeFileSync(join(newest, "config.json"), "{");
    await expect(runToResume(true, "toy", home)).rejects.toThrow(/FGKD_CORRUPT_FILE .*toy-2\/config\.json/);
    rmSync(join(newest, "config.json"));
    expect(await runToResume(true, "toy", home)).toBe(join(home, "runs", "toy-1"));
  });

  test("whose manifest is gone, though it has a checkpoint, goes on by force alone", async () => {
    const { run, path, folder, at } = await newFolder("no-manifest");
    rmSync(at("manifest.json"));
    expect(await folder.restore(run, { name: "cpu" })).toMatchObject({ resumed: false });
    await folder.checkpoint(run, {});
    await folder.settle();
    await expect(folder.restore(run, { name: "cpu" })).rejects.toThrow(
      `FGKD_CHECKPOINT_MISMATCH ${path} would go on otherwise than it began: manifest.json is missing.`,
    );
    expect(await folder.restore(run, { name: "cpu" }, { force: true })).toMatchObject({ resumed: true });
    await folder.close();
    await run.close();
  });

  test("of another version, preset, seed, engine, data set or classes says what differs, and what --force would risk", async () => {
    const { run, path, folder, at } = await newFolder("other");
    const own = folder.readManifest() as Manifest;
    const edited: readonly [Partial<Manifest>, string, string][] = [
      [{ fgkd: "0.0.1" }, `fgkd was "0.0.1", is "${own.fgkd}"`, "another version may compute otherwise"],
      [{ preset: "other" }, 'preset was "other", is "trouble"', "the method changes midway"],
      [{ seed: 9 }, `seed was 9, is ${own.seed}`, "the order of images changes midway"],
      [{ engine: "wasm" }, 'engine was "wasm", is "cpu"', "engines differ in rounding"],
      [{ data: { student: "other" } }, 'data was {"student":"other"}', "the images change midway"],
      [{ classes: ["a", "b"] }, 'classes was ["a","b"], is ["dark","light"]', "labels change their meaning"],
    ];
    for (const [changes, difference, risk] of edited) {
      writeFileSync(at("manifest.json"), JSON.stringify({ ...own, ...changes }));
      const refused = folder.restore(run, { name: "cpu" });
      await expect(refused).rejects.toThrow(
        `FGKD_CHECKPOINT_MISMATCH ${path} would go on otherwise than it began: ${difference}`,
      );
      await expect(refused).rejects.toThrow(risk);
      await folder.restore(run, { name: "cpu" }, { force: true });
      folder.writeManifest(run, { name: "cpu" }, {});
      expect(folder.readManifest()?.forced?.join()).toContain(difference);
    }
    await folder.close();
    await run.close();
  });
});
