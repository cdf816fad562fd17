import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RunState, readNewestCheckpoint, silentLogger } from "../../../core/index.js";
import { cleanCheckpoints, lastGoodCheckpoint, storeCheckpoint } from "../../../core/store/checkpoint.js";
import { packCheckpoint } from "../../../core/store/checkpoint-format.js";
import { refuseUsedPlace } from "../../../core/store/place.js";

const [ours, theirs] = ["0a1b2c3d-ours", "99999999-theirs"];
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fgkd-identity-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** `value`: by which one tells the weights of two runs apart. */
const stateAfter = (taken: number, value: number): RunState => ({
  stages: { student: { epoch: 0, index: taken, taken, finished: false, sums: {}, plugins: {} } },
  models: { student: new Map([["w", { shape: [1], data: Float32Array.of(value) }]]) },
  random: {},
  history: [],
});
const store = (run: string | null, taken: number, keep = 3, best?: string) =>
  storeCheckpoint(folder, packCheckpoint(stateAfter(taken, run === theirs ? 2 : 1), best, run), keep);
const weightOf = (state: RunState | null) => state?.models.student?.get("w")?.data[0];
const readOurs = () => readNewestCheckpoint(folder, silentLogger, ours);
const contents = () =>
  Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file)).toString("base64")]));

describe("checkpoints of another run", () => {
  test("are not taken, however new they are", async () => {
    store(ours, 5);
    store(theirs, 9, 3, "student");
    expect(weightOf(await readOurs())).toBe(1);
    expect(lastGoodCheckpoint(folder, ours)?.steps).toBe(5);
  });

  test("are none where a run has none of its own", async () => {
    store(theirs, 9);
    expect(await readOurs()).toBeNull();
    expect(lastGoodCheckpoint(folder, ours)).toBeNull();
  });

  test("stay when those of a run make way, and do not count among its newest", () => {
    for (const taken of [7, 8, 9]) store(theirs, taken);
    const before = contents();
    for (const taken of [1, 2, 3]) store(ours, taken, 2);
    expect(contents()).toMatchObject(before);
    expect(readdirSync(folder).filter((file) => /^00000000[1-6]/.test(file))).toEqual([
      "000000002.json",
      "000000002.safetensors",
      "000000003.json",
      "000000003.safetensors",
    ]);
  });

  test("stay where a run comes to the same step and the same best, whose files then have names of their own", async () => {
    store(theirs, 9, 3, "student");
    const before = contents();
    store(ours, 9, 3, "student");
    expect(contents()).toMatchObject(before);
    expect(readdirSync(folder).filter((file) => file.includes("0a1b2c3d"))).toEqual([
      "000000009-0a1b2c3d.json",
      "000000009-0a1b2c3d.safetensors",
      "best-student-0a1b2c3d.json",
    ]);
    expect(weightOf(await readOurs())).toBe(1);
    store(ours, 10, 1, "student");
    expect(contents()).toMatchObject(before);
    expect(readdirSync(folder)).not.toContain("000000009-0a1b2c3d.safetensors");
  });

  test("stay when a run is taken up before them", () => {
    store(theirs, 9, 3, "student");
    const before = contents();
    cleanCheckpoints(folder, stateAfter(2, 1), ours);
    cleanCheckpoints(folder, null, ours);
    expect(contents()).toEqual(before);
  });

  test("are their own run's, and of one that says nothing everybody's: earlier versions gave no id", async () => {
    store(null, 5);
    expect(weightOf(await readNewestCheckpoint(folder, silentLogger, null))).toBe(1);
    expect(weightOf(await readOurs())).toBe(1);
    store(theirs, 9);
    expect(weightOf(await readNewestCheckpoint(folder, silentLogger, null))).toBe(1);
    expect(weightOf(await readNewestCheckpoint(folder, silentLogger))).toBe(2);
  });
});

test("files of tensors that no checkpoint names go, but not while one cannot be read", () => {
  const tensors = store(ours, 5).replace(".json", ".safetensors");
  writeFileSync(join(folder, "000000006.safetensors"), "half a checkpoint");
  cleanCheckpoints(folder, stateAfter(5, 1), ours);
  expect(readdirSync(folder)).toEqual(["000000005.json", "000000005.safetensors"]);
  writeFileSync(tensors.replace(".safetensors", ".json"), "{");
  cleanCheckpoints(folder, null, ours);
  expect(readdirSync(folder)).toContain("000000005.safetensors");
});

test("on a full disk the oldest checkpoints make way for the last one, and the disk is told of all the same", async () => {
  for (const taken of [1, 2, 3, 4]) store(ours, taken, 9);
  const { tensors, ...packed } = packCheckpoint(stateAfter(5, 7), undefined, ours);
  let refusals = 2;
  const full: readonly Uint8Array[] = Object.assign([...tensors], {
    [Symbol.iterator]: () => {
      if (refusals-- > 0) throw Object.assign(new Error("no room"), { code: "ENOSPC" });
      return tensors[Symbol.iterator]();
    },
  });
  expect(() => storeCheckpoint(folder, { ...packed, tensors: full }, 9)).toThrow("no room");
  expect(weightOf(await readOurs())).toBe(7);
  expect(readdirSync(folder).filter((file) => file.endsWith(".json"))).toEqual([
    "000000003.json",
    "000000004.json",
    "000000005.json",
  ]);
  refusals = 99;
  expect(() => storeCheckpoint(folder, { ...packed, name: "000000006", tensors: full }, 9)).toThrow("no room");
  expect(weightOf(await readOurs())).toBe(7);
});

describe("a folder for a new run", () => {
  test.each(["manifest.json", "metrics.jsonl", "result.json", "checkpoints/1.json", "models/x", "artifacts/a/b.png"])(
    "is refused while %s of another is there",
    (file) => {
      const path = join(folder, file);
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, "");
      const [first = ""] = file.split("/");
      const words = new RegExp(
        `FGKD_PATH .* holds what is left of another run \\(${first}/?\\).* choose another --out`,
      );
      expect(() => refuseUsedPlace(folder)).toThrow(words);
    },
  );

  test("is refused while a link is in the place of its folders", () => {
    writeFileSync(join(folder, "somewhere"), "");
    symlinkSync(join(folder, "somewhere"), join(folder, "checkpoints"));
    expect(() => refuseUsedPlace(folder)).toThrow("checkpoints/");
  });

  test("is free with what a start that was killed has left, and with what is the user's", () => {
    mkdirSync(join(folder, "checkpoints"));
    for (const file of ["lock", "lock.1-2", "config.json.0a1b2c3d.tmp", "notes.txt"])
      writeFileSync(join(folder, file), "");
    refuseUsedPlace(folder);
  });
});
