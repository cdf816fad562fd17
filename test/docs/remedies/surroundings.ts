/** Remedies of what a system does to a process: typed where a real one runs into it, hence with a build. */
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { fgkd } from "../../kill/process.js";
import { heard, type Situation, typed } from "./situation.js";

const tiny = ["--preset", "baseline", "--scale", "demo", "--epochs", "2", "--batch-size", "4", "--engine", "wasm"];
const small = ["data.train=4", "data.test=2", "data.classes=2", "data.workers=1", "input.resize=32", "input.crop=32"];
const training = [...tiny, ...small.flatMap((setting) => ["--set", setting])];

async function folder(): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), "fgkd-remedies-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  return cwd;
}

/** In a shell that has typed something first. */
const after = (...lines: readonly string[]) => ["bash", "-c", `${lines.join("; ")}; exec "$@"`, "shell"];

/** A plugin whose second step hangs, unless the file `cured` is there. */
const hangs = `
import { existsSync } from "node:fs";
import { definePlugin } from "fgkd";
let steps = 0;
export const hangs = definePlugin({ name: "hangs", defaults: {}, apply({ hooks }) {
  hooks.batch.tap("hangs", (batch) => {
    steps += 1;
    while (steps === 6 && !existsSync("cured"));
    return batch;
  });
} });
`;

export const surroundings: readonly Situation[] = [
  {
    told: "Raise the limit: `ulimit -f unlimited`",
    async tried(told) {
      const cwd = await folder();
      const limit = "ulimit -Sf 100";
      const failed = await fgkd([...training, "--out", "run"], { cwd, through: after(limit) });
      expect(failed.code).toBe(74);
      const command = typed(heard(told, failed.err), /ulimit -f \w+/);
      const ended = await fgkd([typed(failed.err, /--resume/), "run"], { cwd, through: after(limit, command) });
      expect(ended.code, ended.err).toBe(0);
    },
  },
  {
    told: '… … for … s (…, engine "…"). …; the process ends. Go on from the last checkpoint with --resume; where work takes so long, raise watchdogs.stallMinutes.',
    async tried(told) {
      const cwd = await folder();
      mkdirSync(cwd, { recursive: true });
      writeFileSync(join(cwd, "hangs.mjs"), hangs);
      writeFileSync(join(cwd, "fgkd.config.json"), '{ "plugins": ["./hangs.mjs"] }');
      const quickly = ["--set", "watchdogs.stallMinutes=0.1", "--set", "watchdogs.stallFactor=1"];
      const failed = await fgkd([...training, ...quickly, "--epochs", "4"], { cwd });
      const said = heard(told, failed.err);
      writeFileSync(join(cwd, "cured"), "");
      const ended = await fgkd([typed(said, /--resume/)], { cwd });
      expect(ended.code, ended.err).toBe(0);
      const raised = `${typed(said, /watchdogs.stallMinutes/)}=5`;
      const long = await fgkd([...training, ...quickly, "--set", raised], { cwd });
      expect(long.code, long.err).toBe(0);
    },
  },
];
