/** Real processes on the engine webgpu: killed and resumed, and beside another engine. Needs a build. */

import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dadkd } from "../../presets/index.js";
import { engineNames } from "../support/engines.js";
import { hasGpu, useGpu } from "../support/gpu.js";
import { type Ended, fgkd, hasCheckpoint, outcome, requireBuild, whenTrue } from "./process.js";
import { tinyConfig } from "./tiny.js";

type Meanwhile = Parameters<typeof fgkd>[1]["meanwhile"];

let cwd = "";
const at = (name: string) => join(cwd, name);

describe.skipIf(!hasGpu)("the preset dadkd on the engine webgpu", () => {
  beforeAll(async () => {
    requireBuild();
    useGpu();
    cwd = await mkdtemp(join(tmpdir(), "fgkd-gpu-"));
    const config = { ...tinyConfig(dadkd), epochs: 1, stepsPerEpoch: 2 };
    await writeFile(at("tiny.json"), JSON.stringify(config));
    await ended(["--engine", "webgpu", "--out", at("whole")]);
  });
  afterAll(() => rm(cwd, { recursive: true, force: true }));

  const ended = async (words: readonly string[], meanwhile?: Meanwhile) => {
    const start = words.includes("--resume") ? [] : ["--preset", "dadkd", "--config", at("tiny.json")];
    const result: Ended = await fgkd([...start, ...words], { cwd, ...(meanwhile && { meanwhile }) });
    if (!meanwhile) expect(result, result.err).toMatchObject({ code: 0 });
    return result;
  };

  test("ends with the table of another engine, within rounding", async () => {
    await ended(["--engine", engineNames.at(-1) ?? "wasm", "--out", at("other")]);
    const [gpu, other] = [numbersOf("whole"), numbersOf("other")];
    expect(gpu.result).toEqual(other.result);
    expect(gpu.losses).toHaveLength(other.losses.length);
    for (const [place, loss] of gpu.losses.entries()) expect(loss).toBeCloseTo(other.losses[place] as number, 3);
  });

  test("killed and resumed, has the bytes of a run that was let be", async () => {
    const run = at("killed");
    const { signal } = await ended(["--engine", "webgpu", "--out", run], (child) =>
      whenTrue(
        child,
        () => hasCheckpoint(run),
        () => void child.kill("SIGKILL"),
      ),
    );
    expect(signal).toBe("SIGKILL");
    const manifest = JSON.parse(readFileSync(join(run, "manifest.json"), "utf8"));
    expect(manifest).toMatchObject({ engine: "webgpu", engineOptions: { precision: "f32", tuning: "off" } });
    expect(manifest.engineVersion).toContain("Dawn of webgpu");
    await ended(["--resume", run]);
    expect(outcome(run)).toEqual(outcome(at("whole")));
  });

  test("loses its device, says so, and resumed has the bytes of a run that was let be", async () => {
    const run = at("lost");
    await writeFile(at("losing.mjs"), losing(run));
    const env = { NODE_OPTIONS: `--import ${at("losing.mjs")}` };
    const words = ["--preset", "dadkd", "--config", at("tiny.json"), "--engine", "webgpu", "--out", run];
    const { code, err } = await fgkd(words, { cwd, env });
    expect({ code, err }).toMatchObject({ code: 71, err: expect.stringContaining("the device is lost") });
    expect(err).toContain("--resume");
    await ended(["--resume", run]);
    expect(outcome(run)).toEqual(outcome(at("whole")));
  });
});

/** Imported by a process, takes its device away as soon as the run has a checkpoint. */
function losing(run: string): string {
  return `import { existsSync, readdirSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import * as tf from "${import.meta.resolve("@tensorflow/tfjs")}";
const folder = ${JSON.stringify(join(run, "checkpoints"))};
const look = () => {
  if (!existsSync(folder) || !readdirSync(folder).some((file) => /^\\d+\\.json$/.test(file))) return;
  clearInterval(looking);
  tf.backend().device.destroy();
};
const looking = isMainThread ? setInterval(look, 10).unref() : undefined;
`;
}

/** The table at a run's end, and every loss in order. */
function numbersOf(run: string) {
  const { stages } = JSON.parse(readFileSync(join(at(run), "result.json"), "utf8"));
  const lines = readFileSync(join(at(run), "metrics.jsonl"), "utf8")
    .trim()
    .split("\n");
  const losses = lines.flatMap((line) => Object.values(JSON.parse(line).losses as Record<string, number>));
  return { result: stages, losses };
}
