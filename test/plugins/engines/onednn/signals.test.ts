import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { available } from "./both.js";

/** The gradient of images cut into patches, again and again, on two threads: says how often it differed from the first. */
const script = `
  import * as tf from "@tensorflow/tfjs";
  import { startOnednn } from "./plugins/engines/onednn/index.ts";
  await startOnednn({ threads: 2 });
  const values = (shape) => tf.randomUniform(shape, -1, 1, "float32", 7);
  const [dy, filter] = [values([32, 8, 8, 96]), values([8, 8, 3, 96])];
  const attributes = { strides: 8, pad: "valid", dataFormat: "NHWC", inputShape: [32, 64, 64, 3] };
  const gradient = () => {
    const dx = tf.engine().runKernel(tf.Conv2DBackpropInput, { dy, filter }, attributes);
    const bytes = Buffer.from(dx.dataSync().buffer);
    dx.dispose();
    return bytes;
  };
  const first = gradient();
  let different = 0;
  for (let run = 0; run < 100; run++) if (!gradient().equals(first)) different++;
  process.stdout.write(String(different));`;

describe.skipIf(!available)("signals that come while the native engine computes", () => {
  // The profiler sends thousands a second; a terminal that changes its size sends one.
  test("change nothing and end nothing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fgkd-signals-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const profiled = ["--cpu-prof", "--cpu-prof-interval", "200", "--cpu-prof-dir", folder];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...profiled, "--import", "tsx", "--input-type=module", "-e", script],
      { cwd: new URL("../../../..", import.meta.url).pathname },
    );
    expect(stdout).toBe("0");
  }, 60_000);
});
