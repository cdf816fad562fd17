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
const birds = ["classes=2", "train=8", "test=2", "workers=2", "cacheBytes=0"].flatMap((option) => [
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

/** The threads of a file get a script to run before their own. */
function inThreads(file: string, script: string): NodeJS.ProcessEnv {
  const path = join(cwd, `${file}-${script.length}.mjs`);
  writeFileSync(
    path,
    `import { isMainThread } from "node:worker_threads";
     import fs from "node:fs";
     import { syncBuiltinESMExports } from "node:module";
     if (!isMainThread && String(process.argv[1]).includes("${file}")) { ${script} }`,
  );
  return { NODE_OPTIONS: `--import ${path}` };
}

/** In the midst of a batch: every image looks by `Atomics.load` whether it is still wanted. */
const amidBatches = (deed: string) =>
  `const load = Atomics.load; let calls = 0;
   Atomics.load = (...of) => { if (++calls > 300) { ${deed} } return load(...of); };`;

/** In the midst of a checkpoint: each file is flushed. */
const amidCheckpoints = (deed: string) =>
  `const sync = fs.fsyncSync; let calls = 0;
   fs.fsyncSync = (file) => { if (++calls > 9) { ${deed} } return sync(file); };
   syncBuiltinESMExports();`;

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
    // A thread that runs out of memory takes its time.
    const patience = ["--set", `data.patience=${deed === hangs ? 3 : 100}`];
    const ended = await fgkd([...start(out), ...patience], { cwd, env: inThreads("piscina", amidBatches(deed)) });
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
      env: inThreads("checkpoint-thread", amidCheckpoints(dies)),
    });
    expect(ended, ended.err).toMatchObject({ code: 74 });
    expect(ended.err).toMatch(/FGKD_STORAGE .*the thread that writes ended/);
    await expectSameEnd("silent");
  });
});
