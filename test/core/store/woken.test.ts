import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRunFolder, openRunFolder, type Run, type RunFolder } from "../../../core/index.js";
import { appendText, writeTextAtomically } from "../../../core/store/atomic.js";
import { packCheckpoint } from "../../../core/store/checkpoint-format.js";
import { createCheckpointWriter } from "../../../core/store/checkpoint-writer.js";
import { cleanUnfinished } from "../../../core/store/clean.js";
import { lockFolder } from "../../../core/store/lock.js";
import { startEngine } from "../../support/engines.js";
import { plugin, toyRun } from "../../support/trouble.js";

const engine = { name: "cpu" };
let home = "";
let count = 0;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "fgkd-woken-"));
  await startEngine("cpu");
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const request = { preset: "trouble", plugins: [], layers: [] };
const newRun = () => toyRun(plugin("nothing", () => {}));

/** A run after its first epoch, with everything on the disk. */
async function sleeper() {
  const path = join(home, `run-${count++}`);
  const run = await newRun();
  const folder = await createRunFolder(path, request, run);
  folder.writeManifest(run, engine, {});
  for await (const { epoch } of run.steps()) {
    if (!epoch) continue;
    await folder.checkpoint(run, {}, epoch);
    folder.recordEpoch(epoch);
    break;
  }
  await folder.settle();
  const end = async () => {
    await folder.close();
    await run.close();
  };
  return { path, run, folder, end };
}

/** As a process in another container sees the holder of the lock, three minutes after it was stopped. */
function outOfSight(path: string): void {
  const lock = join(path, "lock");
  writeFileSync(lock, readFileSync(lock, "utf8").replace(/"space":"[^"]*"/, '"space":"another"'));
  const past = Date.now() / 1000 - 180;
  utimesSync(lock, past, past);
}

/** @param epochs further ones that the other process trains */
async function takenUp(path: string, epochs: number, act: (folder: RunFolder, run: Run) => Promise<void>) {
  outOfSight(path);
  const folder = await openRunFolder(path);
  folder.lock();
  const run = await newRun();
  await folder.restore(run, engine);
  folder.writeManifest(run, engine, { student: { seconds: 1, images: 12 } });
  let left = epochs;
  if (left > 0)
    for await (const { epoch } of run.steps()) {
      if (!epoch) continue;
      await folder.checkpoint(run, {}, epoch);
      folder.recordEpoch(epoch);
      if (--left === 0) break;
    }
  await act(folder, run);
  await folder.close();
  await run.close();
}

function snapshot(path: string): Readonly<Record<string, string>> {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Object.fromEntries(paths.map((file) => [file, readFileSync(file).toString("base64")]));
}

/** Everything that a process does in its folder. */
async function tryEverything({ run, folder }: Awaited<ReturnType<typeof sleeper>>): Promise<void> {
  const [epoch] = run.history;
  if (!epoch) return expect.unreachable();
  const refused = expect.objectContaining({ code: "FGKD_RUN_LOCKED" });
  if (folder.isThere) expect(() => folder.check()).toThrow(refused);
  else
    await expect(folder.recover(run, engine, {})).rejects.toThrow(/FGKD_RUN_LOCKED .*somebody went on with this run/);
  expect(() => folder.recordEpoch(epoch)).toThrow(refused);
  expect(() => folder.writeManifest(run, engine, {})).toThrow(refused);
  await expect(folder.checkpoint(run, {}, epoch)).rejects.toThrow(refused);
  await expect(folder.exportStage(run, "student")).rejects.toThrow(refused);
  await expect(folder.finish(run)).rejects.toThrow(refused);
  folder.artifacts.write("report.txt", "x");
}

describe("a process that was stopped, and then woken, changes not a byte", () => {
  test.each([
    ["has trained on", 1, async () => {}],
    ["has come to the end", 9, (folder: RunFolder, run: Run) => folder.finish(run).then(() => {})],
    ["has only begun", 0, async () => {}],
  ] as const)("where another one %s, and is gone", async (_, epochs, act) => {
    const woken = await sleeper();
    await takenUp(woken.path, epochs, act);
    const before = snapshot(woken.path);
    await tryEverything(woken);
    await woken.end();
    expect(snapshot(woken.path)).toEqual(before);
  });

  test("where another one is at work", async () => {
    const woken = await sleeper();
    await takenUp(woken.path, 1, async () => {
      const before = snapshot(woken.path);
      await tryEverything(woken);
      await woken.end();
      expect(snapshot(woken.path)).toEqual(before);
    });
  });

  test("where another run has been put in its place", async () => {
    const woken = await sleeper();
    renameSync(woken.path, `${woken.path}-old`);
    const other = await newRun();
    const folder = await createRunFolder(woken.path, request, other);
    await folder.close();
    const before = snapshot(woken.path);
    await tryEverything(woken);
    await woken.end();
    await other.close();
    expect(snapshot(woken.path)).toEqual(before);
  });

  test("where its thread was about to write a checkpoint", async () => {
    const path = join(home, `run-${count++}`);
    const woken = await newRun();
    const folder = await createRunFolder(path, request, woken);
    const lock = { folder: path, token: "of a process that slept" };
    const writer = createCheckpointWriter(join(path, "checkpoints"), 3, lock);
    await writer.write(packCheckpoint(await woken.save()));
    await expect(writer.settle()).rejects.toThrow("FGKD_RUN_LOCKED");
    await writer.close();
    expect(readdirSync(path).sort()).toEqual(["config.json", "lock"]);
    await folder.close();
    await woken.close();
  });
});

describe("a process whose lock somebody has removed", () => {
  test("goes on, and takes it again, when nothing else has changed", async () => {
    const { path, run, folder, end } = await sleeper();
    rmSync(join(path, "lock"));
    expect(folder.isThere).toBe(false);
    expect(await folder.recover(run, engine, {})).toBe(false);
    expect(folder.isThere).toBe(true);
    await folder.checkpoint(run, {});
    await folder.settle();
    await folder.finish(run);
    await end();
  });
});

describe("stopped between the question and the deed", () => {
  /** Answers twice that all is well; by then somebody else has taken the folder, cleaned it, and written. */
  const asked = (path: string, takeOver: () => void) => {
    let times = 0;
    return () => {
      times += 1;
      if (times === 2) takeOver();
      if (times > 2) throw new Error(`${path} is theirs`);
    };
  };

  test("a file that was about to get its name gets none", () => {
    const path = mkdtempSync(join(home, "between-"));
    const takeOver = () => {
      cleanUnfinished(path);
      writeFileSync(join(path, "result.json"), "theirs");
    };
    expect(() => writeTextAtomically(join(path, "result.json"), "ours", asked(path, takeOver))).toThrow("is theirs");
    expect(snapshot(path)).toEqual({ [join(path, "result.json")]: Buffer.from("theirs").toString("base64") });
  });

  test("a line that was about to be added reaches the old file alone", () => {
    const path = join(mkdtempSync(join(home, "between-")), "metrics.jsonl");
    writeFileSync(path, "1\n");
    appendText(
      path,
      "2\n",
      asked(path, () => writeTextAtomically(path, "1\ntheirs\n")),
    );
    expect(readFileSync(path, "utf8")).toBe("1\ntheirs\n");
  });

  test("the lock of whoever took over stays when the first process ends", () => {
    const path = mkdtempSync(join(home, "between-"));
    const first = lockFolder(path);
    outOfSight(path);
    const second = lockFolder(path);
    first.release();
    expect(second.isThere).toBe(true);
    second.check();
    expect(() => first.check()).toThrow("It took the run over");
    second.release();
    expect(() => first.check()).toThrow("somebody went on");
  });
});
