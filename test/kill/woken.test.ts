/** A real process that is stopped while another one takes its run up, and then woken: it changes not a byte. */
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeDots } from "./dots.js";
import { type Ended, fgkd, requireBuild, whenPrinted } from "./process.js";

let cwd = "";
beforeAll(async () => {
  requireBuild();
  cwd = await mkdtemp(join(tmpdir(), "fgkd-woken-"));
  await writeDots(cwd);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

function snapshot(path: string): Readonly<Record<string, string>> {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Object.fromEntries(paths.map((file) => [file, readFileSync(file).toString("base64")]));
}

describe("a process that was stopped, and then woken", () => {
  test.each([
    ["once the other one has come to its end", () => {}],
    ["once the other one was stopped by Ctrl-C", (child: ChildProcess) => void child.kill("SIGINT")],
  ])("%s, ends with 75 and leaves the run as it is", async (name, meanwhile) => {
    const run = `run-${name.length}`;
    const path = join(cwd, run);
    let other: Ended | undefined;
    let before: Readonly<Record<string, string>> = {};
    const takeUp = async (sleeper: ChildProcess) => {
      sleeper.kill("SIGSTOP");
      // As one sees it from another container, two minutes later.
      const lock = join(path, "lock");
      writeFileSync(lock, readFileSync(lock, "utf8").replace(/"space":"[^"]*"/, '"space":"another"'));
      const past = Date.now() / 1000 - 180;
      utimesSync(lock, past, past);
      try {
        const act = (child: ChildProcess) => whenPrinted(child, /epoch \d+\/40/, () => meanwhile(child));
        other = await fgkd(["--resume", run], { cwd, meanwhile: act });
        before = snapshot(path);
      } finally {
        sleeper.kill("SIGCONT");
      }
    };
    let taken: Promise<void> | undefined;
    const woken = await fgkd(["--preset", "./dots.mjs", "--out", run], {
      cwd,
      meanwhile: (child) => {
        whenPrinted(child, "epoch 3/40", () => {
          taken = takeUp(child);
        });
      },
    });
    await taken;
    expect([0, 130], other?.err).toContain(other?.code);
    expect(woken.code, woken.err).toBe(75);
    expect(woken.err).toMatch(/FGKD_RUN_LOCKED .*somebody went on with this run/);
    expect(snapshot(path)).toEqual(before);
  });
});
