/** The program of run.sh as one file, as pack.sh packs it, where there are no packages but Dawn's. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { hasGpu, isSoftwareGpu, useGpu } from "../support/gpu.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

/** In the place of PyTorch: ready at once, and each step takes a tenth of a second. */
const peer = `console.log(JSON.stringify({ ready: "a peer" }));
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { mode, steps } = JSON.parse(line);
  console.log(JSON.stringify(mode ? { ready: mode } : steps ? { seconds: Array(steps).fill(0.1) } : { bytes: 1000 }));
});`;

async function bareFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fgkd-device-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await run(join(root, "test/device/bundle.sh"), [join(folder, "program.mjs")]);
  await mkdir(join(folder, "node_modules"));
  await symlink(dirname(fileURLToPath(import.meta.resolve("webgpu"))), join(folder, "node_modules/webgpu"));
  await writeFile(join(folder, "peer.cjs"), peer);
  return folder;
}

describe.skipIf(!hasGpu)("the program for a machine with a GPU", () => {
  test("tests kernels and compares steps from its one file, and tells all of it in one JSON", async () => {
    useGpu();
    const folder = await bareFolder();
    const env = { ...process.env, TINY: "1", ONLY: "layout\\.gpu", ROWS: "^deit", PYTHON: process.execPath };
    await run(process.execPath, ["program.mjs", "all", "result.json", "peer.cjs"], { cwd: folder, env });
    const { kernels, rows, table } = JSON.parse(await readFile(join(folder, "result.json"), "utf8"));
    expect(kernels).toEqual({
      "test/plugins/engines/webgpu/layout.gpu.test.ts": { passed: expect.any(Number), failed: [] },
    });
    const [f32, f16] = rows;
    expect(f32).toMatchObject({ workload: "deit 2x16", precision: "f32", about: expect.stringContaining("a peer") });
    expect(f32.problem).toBeUndefined();
    expect(f32.peers.fp32).toMatchObject({ seconds: 0.1, bytes: 1000, ratio: expect.any(Number) });
    expect(f32.bytes).toBeGreaterThan(0);
    if (isSoftwareGpu) expect(f16.problem).toContain("no matrix units for f16");
    expect(table.length).toBe(18);
  });
});
