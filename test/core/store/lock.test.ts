import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockFolder } from "../../../core/store/lock.js";
import { type ProcessIdentity, thisProcess } from "../../../core/store/process-identity.js";
import { cases } from "../../support/cases.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fgkd-lock-"));
});
afterEach(() => rm(folder, { recursive: true }));

const holdBy = (identity: Partial<ProcessIdentity>) =>
  writeFile(join(folder, "lock"), JSON.stringify({ ...thisProcess(), token: "another", ...identity }));

/** A process that sleeps until it is ended. */
function sleeper(): ChildProcess {
  return spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
}

describe("a lock on a run folder", () => {
  test("is there until it is released, and leaves nothing else behind", async () => {
    const lock = lockFolder(folder);
    expect(lock.isThere).toBe(true);
    expect(await readdir(folder)).toEqual(["lock"]);
    lock.release();
    lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test("keeps a second holder out, and names the process that has it", () => {
    const lock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(`FGKD_RUN_LOCKED ${folder} is in use by process ${process.pid}.`);
    lock.release();
    lockFolder(folder).release();
  });

  test("of a process that is dead is in nobody's way", async () => {
    const child = sleeper();
    await holdBy({ pid: child.pid, began: undefined, space: thisProcess().space });
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    lockFolder(folder).release();
  });

  test.skipIf(process.platform !== "linux")(
    "of a living process with the number of a dead one is in nobody's way",
    async () => {
      const child = sleeper();
      await holdBy({ pid: child.pid, began: "1" });
      lockFolder(folder).release();
      child.kill("SIGKILL");
    },
  );

  test("of a holder out of sight counts for two minutes after its last sign of life", async () => {
    await holdBy({ host: `not-${hostname()}`, pid: 1 });
    expect(() => lockFolder(folder)).toThrow("process 1 on not-");
    const past = (await import("node:fs")).statSync(folder).mtimeMs / 1000 - 121;
    await utimes(join(folder, "lock"), past, past);
    lockFolder(folder).release();
  });

  test("of the same number in another container counts as out of sight", async () => {
    await holdBy({ space: "another" });
    expect(() => lockFolder(folder)).toThrow("FGKD_RUN_LOCKED");
  });

  test("that was taken over is noticed, and left alone", async () => {
    const lock = lockFolder(folder);
    await holdBy({ pid: 1, host: "elsewhere" });
    expect(() => lock.check()).toThrow("process 1 on elsewhere. It took the run over");
    lock.release();
    expect(await readFile(join(folder, "lock"), "utf8")).toContain("elsewhere");
  });

  test("is taken or refused, whatever stands in its file", () => {
    const field = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom(process.pid, 0, -1, hostname()));
    const holder = fc.record(
      { pid: field, host: field, token: field, space: fc.oneof(field, fc.constant(thisProcess().space)), began: field },
      { requiredKeys: [] },
    );
    const text = fc.oneof(
      holder.map((one) => JSON.stringify(one)),
      fc.json({ maxDepth: 1 }),
      fc.string(),
    );
    const check = (content: string) => {
      writeFileSync(join(folder, "lock"), content);
      try {
        lockFolder(folder).release();
      } catch (error) {
        expect((error as Error).message).toMatch(/^FGKD_RUN_LOCKED /);
      }
      expect(readdirSync(folder).filter((file) => file !== "lock")).toEqual([]);
    };
    fc.assert(fc.property(text, check), cases("lock: anything"));
  });

  test("goes with its folder", async () => {
    const lock = lockFolder(folder);
    await rm(folder, { recursive: true });
    expect(lock.isThere).toBe(false);
    lock.release();
    folder = await mkdtemp(join(tmpdir(), "fgkd-lock-"));
  });

  test("cannot be had in a folder that is not there", () => {
    expect(() => lockFolder(join(folder, "none"))).toThrow("FGKD_STORAGE");
  });
});
