import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RunState, readNewestCheckpoint, silentLogger } from "../../../core/index.js";
import { cleanCheckpoints } from "../../../core/store/checkpoint.js";
import { packCheckpoint } from "../../../core/store/checkpoint-format.js";
import { createCheckpointWriter } from "../../../core/store/checkpoint-writer.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fgkd-writer-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const stateAfter = (taken: number, live = Float32Array.of(taken)): RunState => ({
  stages: {
    student: {
      epoch: 0,
      index: taken,
      taken,
      finished: false,
      sums: {},
      plugins: { memory: { values: null, tensors: new Map([["kept", { shape: [1], data: live }]]) } },
    },
  },
  models: { student: new Map([["w", { shape: [2], data: Float32Array.of(taken, -taken) }]]) },
  random: {},
  history: [],
});

const filesOf = (path: string) => readdirSync(path).sort();

describe("checkpoints in the background", () => {
  test("are written one after the other, and what is asked for is what lies there", async () => {
    const path = join(folder, "checkpoints");
    const writer = createCheckpointWriter(path, 2);
    for (let taken = 1; taken <= 3; taken++) await writer.write(packCheckpoint(stateAfter(taken)));
    expect(writer.busy).toBe(true);
    await writer.settle();
    expect(writer.busy).toBe(false);
    await writer.close();
    expect(filesOf(path)).toEqual([
      "000000002.json",
      "000000002.safetensors",
      "000000003.json",
      "000000003.safetensors",
    ]);
    expect(await readNewestCheckpoint(path, silentLogger)).toEqual(stateAfter(3));
  });

  test("leave the arrays that a plugin works with where they are", async () => {
    const live = Float32Array.of(5);
    const writer = createCheckpointWriter(join(folder, "checkpoints"), 2);
    await writer.write(packCheckpoint(stateAfter(1, live)));
    live[0] = 6;
    await writer.settle();
    await writer.close();
    expect([...live]).toEqual([6]);
    const state = await readNewestCheckpoint(join(folder, "checkpoints"), silentLogger);
    expect(state?.stages.student?.plugins.memory?.tensors?.get("kept")?.data).toEqual(Float32Array.of(5));
  });

  test("tell at the next one, or when settled, that they could not be written; later ones are tried again", async () => {
    const writer = createCheckpointWriter(join(folder, "gone", "checkpoints"), 2);
    await writer.write(packCheckpoint(stateAfter(1)));
    await expect(writer.settle()).rejects.toThrow(/FGKD_STORAGE .*its folder is gone \(ENOENT\)/);
    await writer.settle();
    mkdirSync(join(folder, "gone"));
    await writer.write(packCheckpoint(stateAfter(2)));
    await writer.settle();
    await writer.close();
    expect(filesOf(join(folder, "gone", "checkpoints"))).toHaveLength(2);
  });
});

describe("the best of a stage", () => {
  const path = () => join(folder, "checkpoints");
  async function write(states: readonly (readonly [taken: number, best?: string])[]): Promise<void> {
    const writer = createCheckpointWriter(path(), 1);
    for (const [taken, best] of states) await writer.write(packCheckpoint(stateAfter(taken), best));
    await writer.settle();
    await writer.close();
  }

  test("outlives the newest few, until there is a better one", async () => {
    await write([[1, "student"], [2], [3]]);
    expect(filesOf(path())).toEqual([
      "000000001.safetensors",
      "000000003.json",
      "000000003.safetensors",
      "best-student.json",
    ]);
    await write([[4, "student"], [5]]);
    expect(filesOf(path())).toEqual([
      "000000004.safetensors",
      "000000005.json",
      "000000005.safetensors",
      "best-student.json",
    ]);
  });

  test("is what a run goes on from when no other is whole", async () => {
    await write([[1, "a/../b"], [2]]);
    writeFileSync(join(path(), "000000002.safetensors"), "");
    const state = await readNewestCheckpoint(path(), silentLogger);
    expect(state?.stages.student?.taken).toBe(1);
  });

  test("goes when the run is taken up before it, and so do unfinished files", async () => {
    await write([[2], [3, "student"]]);
    writeFileSync(join(path(), "000000004.safetensors.tmp"), "half");
    cleanCheckpoints(path(), stateAfter(2));
    expect(filesOf(path())).not.toContain("best-student.json");
    expect(filesOf(path()).filter((file) => file.endsWith(".tmp"))).toEqual([]);
    rmSync(path(), { recursive: true });
    cleanCheckpoints(path(), null);
  });
});
