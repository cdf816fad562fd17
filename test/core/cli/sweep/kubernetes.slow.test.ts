/** What the manifest of a job says, run by hand: each pod a process with its number, all at once. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fgkd, requireBuild } from "../../../kill/process.js";
import { jobSchema } from "../../sweep/job-schema.js";
import { tinySweep } from "./tiny-sweep.js";

const main = fileURLToPath(new URL("../../../../dist/core/cli/main.js", import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), "fgkd-pods-"));
const command = `${process.execPath} ${main}`;
/** One teacher, two that learn from it. */
const sweep = {
  ...tinySweep(1),
  ...{ grid: { "optimizer.learningRate": [0.1, 0.01] }, seeds: [0], out: "runs" },
  cluster: { command, preamble: "export FROM_PREAMBLE=1", kubernetes: { image: "none", claim: "work" } },
};
const runs = ["big,seed=0", "learningRate=0.1,seed=0", "learningRate=0.01,seed=0"];

beforeAll(() => {
  requireBuild();
  writeFileSync(join(cwd, "pods.json"), JSON.stringify(sweep));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

test("pods that all begin at once train what they share once, and every task ends", { timeout: 600_000 }, async () => {
  const written = await fgkd(["sweep", "pods.json", "--submit", "kubernetes"], { cwd });
  expect(written.code, written.err).toBe(0);
  const { spec } = jobSchema.parse(JSON.parse(readFileSync(join(cwd, "runs/pods.job.json"), "utf8")));
  expect(spec.completions).toBe(3);
  const [container] = spec.template.spec.containers;
  const pod = (index: number) =>
    new Promise<{ readonly code: number | null; readonly out: string }>((resolve, reject) => {
      const [shell = "", ...words] = container?.command ?? [];
      const env = { ...process.env, JOB_COMPLETION_INDEX: String(index) };
      const child = spawn(shell, words, { cwd: container?.workingDir, env, stdio: ["ignore", "pipe", "pipe"] });
      let out = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (out += chunk));
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, out }));
    });
  // Those that learn begin first, and one of them is there twice, as where a node only seemed to have died.
  const pods = await Promise.all([1, 2, 2, 0].map(pod));
  const told = pods.map(({ code, out }) => `${code}\n${out}`).join("\n");
  expect([0, 75], told).toContain(pods[1]?.code);
  expect([0, 75], told).toContain(pods[2]?.code);
  expect([pods[1]?.code, pods[2]?.code], told).toContain(0);
  expect(pods[0]?.code, told).toBe(0);
  expect([0, 75], told).toContain(pods[3]?.code);
  for (const run of runs) expect(existsSync(join(cwd, "runs", run, "result.json")), run).toBe(true);
  const epochs = readFileSync(join(cwd, "runs/big,seed=0/metrics.jsonl"), "utf8").trim().split("\n");
  expect(epochs).toHaveLength(1);
  // Whoever did not train the teacher waited for it, or came when it had ended.
  expect(told.match(/^teacher, high resolution/gm), told).toHaveLength(1);
});
