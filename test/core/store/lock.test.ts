import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, utimesSync, writeFileSync } from "node:fs";
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

/** The space of a process is told apart, in terms of the test's own. */
const without = ({ space: _, ...identity }: Partial<ProcessIdentity>) => identity;

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

  test.each([
    ["of this machine before it was started anew is in nobody's way", {}, true],
    ["of a machine whose number is not known is in nobody's way after a new start", { machine: undefined }, true],
    ["of another machine of the same name counts as out of sight", { machine: "another" }, false],
    ["of another container since the same start counts as out of sight", { space: "pid:[1]" }, false],
  ])("%s", async (_, identity, isFree) => {
    const { space } = thisProcess();
    if (space === undefined) return;
    const earlier = `00000000-0000-4000-8000-000000000000 ${space.split(" ")[1]}`;
    // Its number is that of a process that lives.
    await holdBy({
      space: "space" in identity ? `${space.split(" ")[0]} ${identity.space}` : earlier,
      ...without(identity),
    });
    if (isFree) lockFolder(folder).release();
    else expect(() => lockFolder(folder)).toThrow("FGKD_RUN_LOCKED");
  });

  test("takes away what starts that were killed have left, and not what another one is about to need", async () => {
    const [dead, old, young, alive] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const draft = (token: string, identity: object, ending = "") =>
      writeFileSync(join(folder, `lock.${token}${ending}`), JSON.stringify({ ...thisProcess(), token, ...identity }));
    draft(dead, { began: "1" });
    draft(dead, { began: "1" }, ".old");
    draft(alive, {});
    for (const token of [old, young]) writeFileSync(join(folder, `lock.${token}`), "");
    utimesSync(join(folder, `lock.${old}`), 1, 1);
    for (const users of ["lock.txt", `lock.${dead}.txt`, "lockfile"]) writeFileSync(join(folder, users), "");
    lockFolder(folder).release();
    const left = [`lock.${alive}`, `lock.${young}`, "lock.txt", `lock.${dead}.txt`, "lockfile"];
    expect(readdirSync(folder).sort()).toEqual(left.sort());
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
