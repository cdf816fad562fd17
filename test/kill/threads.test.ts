/** Threads that die, hang, or run out of memory: each for real, in the threads of a real run. */
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeDots } from "./dots.js";
import { fgkd, outcome, requireBuild } from "./process.js";

let cwd = "";
let whole: ReturnType<typeof outcome> = {};
const birds = ["classes=2", "train=8", "test=2", "workers=2", "patience=3", "cacheBytes=0"].flatMap((option) => [
  "--set",
  `data.${option}`,
]);
const start = (out: string) => {
  const settings = ["--set", "data.name=birds", ...birds, "--epochs", "300"];
  return ["--preset", "./dots.mjs", ...settings, "--out", out];
};

beforeAll(async () => {
  requireBuild();
  cwd = await mkdtemp(join(tmpdir(), "fgkd-threads-"));
  await writeDots(cwd);
  expect(await fgkd(start("whole"), { cwd })).toMatchObject({ code: 0, err: "" });
  whole = outcome(join(cwd, "whole"));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

async function expectSameEnd(run: string): Promise<void> {
  const resumed = await fgkd(["--resume", run], { cwd });
  expect(resumed, resumed.err).toMatchObject({ code: 0 });
  expect(outcome(join(cwd, run))).toEqual(whole);
}

/** Runs in every thread whose file is called so, a moment after the thread began. */
function inThreads(file: string, deed: string): NodeJS.ProcessEnv {
  const script = join(cwd, `${file}-${deed.length}.mjs`);
  writeFileSync(
    script,
    `import { isMainThread } from "node:worker_threads";
     if (!isMainThread && String(process.argv[1]).includes("${file}")) setTimeout(() => { ${deed} }, 700);`,
  );
  return { NODE_OPTIONS: `--import ${script}` };
}

const dies = "process.exit(3);";
const hangs = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";
const hoards = "const hoard = []; for (;;) hoard.push(new Array(100000).fill(hoard.length));";

describe("a thread that prepares images and", () => {
  test.each([
    ["dies", dies, /died \(worker exited with code: 3\)/],
    ["hangs", hangs, /no thread has finished a batch of images for 3 s/],
    ["runs out of memory", hoards, /ran out of memory/],
  ])("%s ends the run with 71, in one message, and it goes on to the same end", async (name, deed, words) => {
    const out = name.replaceAll(" ", "-");
    const ended = await fgkd(start(out), { cwd, env: inThreads("piscina", deed) });
    expect(ended, ended.err).toMatchObject({ code: 71 });
    expect(ended.err.trim().split("\n").at(-1)).toMatch(/^FGKD_WORKER_FAILED \[source birds\]/);
    expect(ended.err).toMatch(words);
    expect(ended.err).not.toContain("    at ");
    await expectSameEnd(out);
  });
});

describe("the thread that writes checkpoints and", () => {
  test("dies ends the run with 74, and what it had written before is whole", async () => {
    const ended = await fgkd(start("silent"), {
      cwd,
      env: inThreads("checkpoint-thread", dies),
    });
    expect(ended, ended.err).toMatchObject({ code: 74 });
    expect(ended.err).toMatch(/FGKD_STORAGE .*the thread that writes ended/);
    await expectSameEnd("silent");
  });
});
