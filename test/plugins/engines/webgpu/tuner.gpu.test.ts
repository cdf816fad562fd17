import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GpuBackend } from "../../../../plugins/engines/webgpu/backend.js";
import { startWebgpu, tuningInUse } from "../../../../plugins/engines/webgpu/index.js";
import { known } from "../../../../plugins/engines/webgpu/kernels/products/run.js";
import { Tuner } from "../../../../plugins/engines/webgpu/tuner.js";
import { webgpuEngine } from "../../../../plugins/engines/webgpu.js";
import { hasGpu, useGpu } from "../../../support/gpu.js";
import { random, tensorOf } from "../../../support/gpu-sums.js";

const [a, b] = [random(1, [21, 40]), random(2, [40, 18])];
const product = () => tf.tidy(() => tf.matMul(tensorOf(a), tensorOf(b)));

describe.skipIf(!hasGpu)("an engine that measures its tiles", () => {
  let cache = "";
  const before = process.env.FGKD_CACHE;
  const backend = () => tf.backend() as GpuBackend;

  beforeAll(async () => {
    useGpu();
    cache = await mkdtemp(join(tmpdir(), "fgkd-tuning-"));
    process.env.FGKD_CACHE = cache;
  });
  afterAll(async () => {
    if (before === undefined) delete process.env.FGKD_CACHE;
    else process.env.FGKD_CACHE = before;
    await rm(cache, { recursive: true, force: true });
  });

  test("does not go on with a run whose tiles it no longer has", async () => {
    await expect(startWebgpu({ tuning: "3-0123456789abcdef" })).rejects.toThrow("is not in");
  });

  test("names the table that it computes with among its options, for the manifest", async () => {
    const engine = webgpuEngine({ tuning: "on" });
    expect(engine.options).toMatchObject({ tuning: "on" });
    await engine.start();
    const id = tuningInUse();
    expect(id).toMatch(/^0-[0-9a-f]{16}$/);
    expect(engine.options).toMatchObject({ tuning: id });
    await startWebgpu();
    await expect(startWebgpu({ tuning: "off" })).rejects.toThrow("tuning");
  });

  test("measures while values are waited for, keeps what is fastest, and goes on as it began", async () => {
    let readings = 0;
    // The third choice is the fastest: each is timed five times, by two readings.
    const clock = () => (readings++ % 2 === 0 ? 0 : 20 + Math.abs(Math.floor((readings - 1) / 10) - 2));
    const tuner = new Tuner(backend(), clock);
    backend().beforeAnswer = () => tuner.whileWaiting();
    const first = await product().data();
    expect(readings).toBe(50);
    const file = join(cache, "tuning", await onlyFile(join(cache, "tuning")));
    const lines = readFileSync(file, "utf8").trim().split("\n");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ product: expect.stringContaining("matmul") });
    expect(await product().data()).toEqual(first);
    expect([readings, known(backend()).untuned.size]).toEqual([50, 0]);
  });

  test("does not measure while somebody else uses the device", async () => {
    const tuner = new Tuner(
      backend(),
      () => expect.unreachable(),
      async () => tf.dispose(tf.add(1, tf.ones([3]))),
    );
    backend().beforeAnswer = () => tuner.whileWaiting();
    await tf.tidy(() => tf.matMul(tensorOf(random(1, [23, 40])), tensorOf(b))).data();
    expect(known(backend()).untuned.size).toBe(1);
  });

  test("goes on as it is where there is no place for what was measured", async () => {
    const tuner = new Tuner(backend());
    backend().beforeAnswer = () => tuner.whileWaiting();
    backend().tuning = {
      get: () => undefined,
      set: () => {
        throw new Error("no room on the disk");
      },
    };
    const values = await tf.tidy(() => tf.matMul(tensorOf(random(1, [25, 40])), tensorOf(b))).data();
    expect(values.every(Number.isFinite)).toBe(true);
    expect(known(backend()).untuned.size).toBe(0);
  });
});

async function onlyFile(folder: string): Promise<string> {
  const [name, ...more] = await readdir(folder);
  expect(more).toEqual([]);
  return name as string;
}
