/** Faults of disk and process, each for real: what is told, the exit code, and that the run goes on to the same end. */
import type { ChildProcess } from "node:child_process";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeDots } from "./dots.js";
import {
  type Ended,
  fgkd,
  hasCheckpoint,
  outcome,
  type ProcessOptions,
  requireBuild,
  whenPrinted,
  whenTrue,
} from "./process.js";

let cwd = "";
let whole: ReturnType<typeof outcome> = {};
let count = 0;

beforeAll(async () => {
  requireBuild();
  cwd = await mkdtemp(join(tmpdir(), "fgkd-faults-"));
  chmodSync(cwd, 0o755);
  await writeDots(cwd);
  expect(await train("whole")).toMatchObject({ code: 0, err: "" });
  whole = outcome(join(cwd, "whole"));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

/** A run of 40 epochs, 80 steps. */
function train(out: string, more: readonly string[] = [], options: Partial<ProcessOptions> = {}): Promise<Ended> {
  return fgkd(["--preset", "./dots.mjs", "--out", out, ...more], { cwd, ...options });
}

/** The same run at a tenth of its speed: room for what takes its time. The result is not changed by it. */
const slowly = ["--set", "data.name=dots", "--set", "data.wait=150"];

const resume = (run: string, options: Partial<ProcessOptions> = {}) => fgkd(["--resume", run], { cwd, ...options });
const during = (act: (child: ChildProcess) => void, wanted: string | RegExp = "epoch 5/40") => ({
  meanwhile: (child: ChildProcess) => whenPrinted(child, wanted, () => act(child)),
});
const newRun = () => `run-${count++}`;

/** One diagnostic, in one line, and no stack. */
function expectTold({ err }: Ended, code: string, words: RegExp): void {
  const lines = err.trim().split("\n");
  expect(lines.filter((line) => line.startsWith("FGKD_"))).toHaveLength(1);
  expect(lines.at(-1)).toMatch(new RegExp(`^${code} `));
  expect(lines.at(-1)).toMatch(words);
  expect(err).not.toContain("    at ");
}

async function expectSameEnd(run: string): Promise<void> {
  const resumed = await resume(run);
  expect(resumed, resumed.err).toMatchObject({ code: 0 });
  expect(outcome(resolve(cwd, run))).toEqual(whole);
}

describe("signals", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGUSR1", 138],
    ["SIGUSR2", 140],
    ["SIGXCPU", 152],
  ] as const)("%s finishes the step, writes a checkpoint, and ends with %i", async (signal, code) => {
    const run = newRun();
    const ended = await train(
      run,
      [],
      during((child) => child.kill(signal)),
    );
    expect(ended).toMatchObject({ code, out: expect.stringContaining(`--resume ${run}`) });
    // A debugger would listen on a port.
    expect(ended.err).not.toContain("Debugger");
    expect(readdirSync(join(cwd, run))).not.toContain("lock");
    await expectSameEnd(run);
  });

  test("a second one ends the process at once, and the last checkpoint counts", async () => {
    const run = newRun();
    const twice = (child: ChildProcess) => {
      child.kill("SIGTERM");
      // Later than npm passes on a Ctrl-C of its own, long before the batch comes.
      setTimeout(() => child.kill("SIGTERM"), 800);
    };
    const started = performance.now();
    const slow = ["--set", "data.name=dots", "--set", "data.wait=60000"];
    const ended = await train(run, slow, during(twice, /^run /m));
    expect(ended.code).toBe(143);
    expect(performance.now() - started).toBeLessThan(45_000);
  });

  test("an output that nobody reads any more ends the run with 141", async () => {
    const run = newRun();
    const ended = await train(
      run,
      [],
      during((child) => child.stdout?.destroy()),
    );
    expect(ended.code).toBe(141);
    expect(ended.err).toContain("The output was closed: stopping after this step");
    await expectSameEnd(run);
  });
});

describe("the disk", () => {
  const mount = (...words: readonly string[]) => execFileSync("mount", words, { stdio: "pipe" });

  /** A small file system of its own, where this process may mount one. */
  async function onSmallDisk(size: string, use: (path: string) => Promise<void>, skip: (note: string) => void) {
    const path = join(cwd, newRun());
    await mkdir(path);
    try {
      mount("-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path);
    } catch {
      return skip("mounting a small disk needs root");
    }
    try {
      await use(path);
    } finally {
      execFileSync("umount", ["-l", path]);
    }
  }

  test("that is full ends the run with 74; with room again it goes on", async ({ skip }) => {
    await onSmallDisk(
      "1m",
      async (disk) => {
        const run = join(disk, "run");
        const ended = await train(run, ["--set", "checkpoints.keep=1000"]);
        expect(ended.code).toBe(74);
        expectTold(ended, "FGKD_STORAGE", /the disk is full \(ENOSPC\)/);
        expect(readdirSync(join(run, "checkpoints")).filter((file) => file.endsWith(".tmp"))).toEqual([]);
        mount("-o", "remount,size=50m", disk);
        await expectSameEnd(run);
      },
      skip,
    );
  });

  test("that becomes read-only ends the run with 74", async ({ skip }) => {
    await onSmallDisk(
      "50m",
      async (disk) => {
        const run = join(disk, "run");
        const ended = await train(run, [], {
          meanwhile: (child) =>
            whenTrue(
              child,
              () => hasCheckpoint(run),
              () => void mount("-o", "remount,ro", disk),
            ),
        });
        expect(ended.code).toBe(74);
        expectTold(ended, "FGKD_STORAGE", /read-only/);
        mount("-o", "remount,rw", disk);
        await expectSameEnd(run);
      },
      skip,
    );
  });

  test("with a limit on the size of files ends the run with 74, not by a signal", async () => {
    const run = newRun();
    const through = ["bash", "-c", 'ulimit -f 50; exec "$@"', "limited"];
    const ended = await train(run, [], { through });
    expect(ended.code).toBe(74);
    expectTold(ended, "FGKD_STORAGE", /larger than the system lets this process write/);
    await expectSameEnd(run);
  });

  test("that forbids writing ends the run with 74, at its start and in its midst", async ({ skip }) => {
    if (process.getuid?.() !== 0) return skip("taking permission away needs a second user, hence root");
    const home = join(cwd, newRun());
    await mkdir(home);
    chownSync(home, 65534, 65534);
    const through = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const run = join(home, "run");
    const forbid = () => chmodSync(join(run, "checkpoints"), 0o500);
    const meanwhile = (child: ChildProcess) => whenTrue(child, () => hasCheckpoint(run), forbid);
    const ended = await train(run, slowly, { through, meanwhile });
    if (ended.err.includes("EACCES") && !ended.err.includes("FGKD_")) return skip("the other user cannot read fgkd");
    expect(ended.code).toBe(74);
    expectTold(ended, "FGKD_STORAGE", /permission is denied/);
    chmodSync(join(run, "checkpoints"), 0o700);
    await expectSameEnd(run);
    chmodSync(home, 0o500);
    const start = await train(join(home, "other"), [], { through });
    expect(start.code).toBe(74);
    expectTold(start, "FGKD_STORAGE", /permission is denied/);
    chmodSync(home, 0o700);
  });

  test("from which the run folder is removed gets it back, with a checkpoint, and the run ends with 74", async () => {
    const run = newRun();
    const ended = await train(
      run,
      [],
      // In one stroke: a folder that is emptied file by file meets files that the run is just adding.
      during(() => renameSync(join(cwd, run), join(cwd, `${run}-elsewhere`))),
    );
    expect(ended.code).toBe(74);
    expectTold(ended, "FGKD_STORAGE", /was removed or moved .* written anew, with a checkpoint/);
    const resumed = await resume(run);
    expect(resumed.code).toBe(0);
    // The best epoch may have been among the files that are gone.
    const { "best checkpoints": _, ...rest } = outcome(join(cwd, run));
    const { "best checkpoints": _whole, ...wanted } = whole;
    expect(rest).toEqual(wanted);
  });
});

describe("checkpoints that are broken", () => {
  test.each([0, 1, 100, 5000, 99_000])("cut to %i bytes: the one before is used, and said so", async (length) => {
    const run = newRun();
    await train(
      run,
      [],
      during((child) => child.kill("SIGTERM"), "epoch 7/40"),
    );
    const folder = join(cwd, run, "checkpoints");
    const newest = readdirSync(folder)
      .filter((file) => /^\d+\./.test(file))
      .sort();
    const broken = join(folder, newest.at(length % 2 === 0 ? -1 : -2) ?? "");
    truncateSync(broken, broken.endsWith(".json") ? Math.min(length, 300) : length);
    writeFileSync(join(folder, "000000999.safetensors.tmp"), "half");
    const resumed = await resume(run);
    expect(resumed).toMatchObject({ code: 0, err: expect.stringMatching(/FGKD_CORRUPT_FILE .* the one before it/) });
    expect(outcome(join(cwd, run))).toEqual(whole);
    expect(readdirSync(folder).filter((file) => file.endsWith(".tmp"))).toEqual([]);
  });
});

describe("files of the run folder that somebody has edited", () => {
  test.each([
    ["config.json", "cut off", (text: string) => text.slice(0, 100)],
    [
      "config.json",
      "given a key of JavaScript's own",
      (text: string) => text.replace("{", '{ "__proto__": { "x": 1 },'),
    ],
    ["config.json", "emptied", () => ""],
    ["manifest.json", "filled with another kind", (text: string) => text.replace(/"seed": \d+/, '"seed": "none"')],
    ["manifest.json", "nested a million times", () => "[".repeat(1e6)],
  ] as const)("%s, %s, ends --resume with 65, and nothing is lost", async (file, _, edit) => {
    const run = newRun();
    await train(
      run,
      [],
      during((child) => child.kill("SIGTERM")),
    );
    const path = join(cwd, run, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, edit(text));
    const refused = await resume(run);
    expect(refused.code, refused.err).toBe(65);
    expectTold(refused, "FGKD_CORRUPT_FILE", new RegExp(`${file}: is not as fgkd wrote it: .* Restore ${file}`));
    writeFileSync(path, text);
    await expectSameEnd(run);
  });

  test("a setting in config.json is a difference, which ends --resume with 65", async () => {
    const run = newRun();
    await train(
      run,
      [],
      during((child) => child.kill("SIGTERM")),
    );
    const path = join(cwd, run, "config.json");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace('"layers": [', '"layers": [{ "origin": "nobody", "config": { "epochs": 39 } },'));
    const refused = await resume(run);
    expect(refused.code, refused.err).toBe(65);
    expectTold(refused, "FGKD_CHECKPOINT_MISMATCH", /stages\.student\.epochs was 40, is 39/);
  });
});

describe("a process without memory", () => {
  test("since JavaScript's heap is full, is ended by the system, and goes on to the same end", async () => {
    const run = newRun();
    const hoarder = (when: string) => `
      import { definePlugin } from "fgkd";
      const hoard = [];
      export const hoarder = definePlugin({ name: "hoarder", defaults: {}, apply({ hooks }) {
        hooks.epoch.tap("hoarder", ({ epoch }) => { while (${when}) hoard.push(new Array(1e5).fill(0.5)); });
      } });`;
    writeFileSync(join(cwd, `${run}.mjs`), hoarder("epoch === 9"));
    writeFileSync(join(cwd, `${run}.json`), JSON.stringify({ plugins: [`./${run}.mjs`] }));
    const env = { NODE_OPTIONS: "--max-old-space-size=100" };
    const ended = await train(run, ["--config", `${run}.json`], { env });
    expect(ended.signal).toBe("SIGABRT");
    writeFileSync(join(cwd, `${run}.mjs`), hoarder("false"));
    await expectSameEnd(run);
  });
});

describe("a value that is not finite", () => {
  /** From a step on, counted from 0 in an epoch of two, a gradient is NaN: that of the square root of 0. */
  const spoilt = async (run: string, epoch: number, index: number) => {
    const text = (when: string) => `
      import * as tf from "@tensorflow/tfjs";
      import { definePlugin } from "fgkd";
      export const spoil = definePlugin({ name: "spoil", defaults: {}, apply({ hooks }) {
        hooks.loss.tap("spoil", (terms, { logits }, batch, step) => {
          const term = () => (${when} ? logits.mul(0).sqrt() : logits.square()).mul(0).sum().asScalar();
          return { ...terms, spoil: tf.tidy(term) };
        });
      } });`;
    const plugin = `./${run}.mjs`;
    writeFileSync(join(cwd, plugin), text(`step.epoch === ${epoch} && step.index === ${index}`));
    writeFileSync(join(cwd, `${run}.json`), JSON.stringify({ plugins: [plugin] }));
    const ended = await train(run, ["--config", `${run}.json`]);
    return { ended, mend: () => writeFileSync(join(cwd, plugin), text("false")) };
  };

  test("ends the run with 78, names the last good checkpoint, and the command that goes on from it", async () => {
    const run = newRun();
    const { ended, mend } = await spoilt(run, 4, 1);
    expect(ended.code).toBe(78);
    expectTold(ended, "FGKD_NOT_FINITE", /the gradient of "w" became NaN in stage "student", epoch 5, step 2\./);
    const named = /The last good checkpoint is (\S+), after (\d+) steps of the run: (npx )?fgkd --resume (\S+) goes on/;
    const [, path, steps, , folder] = named.exec(ended.err) ?? [];
    const newest = readdirSync(join(cwd, run, "checkpoints")).filter((file) => /^\d+\.json$/.test(file));
    expect([path, folder]).toEqual([`${run}/checkpoints/${newest.sort().at(-1)}`, run]);
    // Step 10 is the one that failed; writing is done in the background, and may be some steps behind.
    expect(Number(steps)).toBeGreaterThan(0);
    expect(Number(steps)).toBeLessThan(10);
    // The same settings come to the same step.
    const again = await resume(run);
    expect([again.code, named.test(again.err)]).toEqual([78, true]);
    mend();
    expect(await resume(run)).toMatchObject({ code: 0 });
  });

  test("in the first epoch leaves no checkpoint, and the message says so", async () => {
    const { ended } = await spoilt(newRun(), 0, 1);
    expect(ended.code).toBe(78);
    expectTold(ended, "FGKD_NOT_FINITE", /The run has no checkpoint from before that\.$/);
  });
});

describe("two processes on one run", () => {
  test("the second ends with 75 and names the first; a killed one leaves no lock in force", async () => {
    const run = newRun();
    let second: Promise<Ended> | undefined;
    let pid: number | undefined;
    const first = await train(
      run,
      slowly,
      during((child) => {
        pid = child.pid;
        second = resume(run).finally(() => child.kill("SIGKILL"));
      }),
    );
    const refused = (await second) as Ended;
    expect(first.signal).toBe("SIGKILL");
    expect(refused.code).toBe(75);
    expectTold(refused, "FGKD_RUN_LOCKED", new RegExp(`in use by process ${pid}\\.`));
    expect(readdirSync(join(cwd, run))).toContain("lock");
    await expectSameEnd(run);
  });

  test("a holder on another machine counts while it gives signs of life", async () => {
    const run = newRun();
    await train(
      run,
      [],
      during((child) => child.kill("SIGTERM")),
    );
    const lock = join(cwd, run, "lock");
    writeFileSync(lock, JSON.stringify({ pid: 1, host: "elsewhere", token: "theirs" }));
    const refused = await resume(run);
    expect(refused.code).toBe(75);
    expectTold(refused, "FGKD_RUN_LOCKED", /process 1 on elsewhere/);
    const past = Date.now() / 1000 - 600;
    utimesSync(lock, past, past);
    await expectSameEnd(run);
  });
});
