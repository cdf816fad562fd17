import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { staleBuild } from "../../support/build.js";
import { isHere } from "../../support/required.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = join(root, "dist/core/cli/main.js");
let cwd = "";

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Moment {
  /** Seen in the output. */
  readonly when: string | RegExp;
  act(child: ChildProcess): void;
}

/** Runs the built command, and acts once when the moment comes. */
function fgkd(words: readonly string[], moment?: Moment) {
  const child = spawn(process.execPath, [main, ...words], { cwd });
  let [out, err] = ["", ""];
  let acted = false;
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk;
    if (acted || !moment || out.search(moment.when) < 0) return;
    acted = true;
    moment.act(child);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk;
  });
  return new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

/** A method as a stranger's file, which learns one number for as long as it is let. */
const preset = `
import * as tf from "@tensorflow/tfjs";
import { definePlugin, Parameters } from "fgkd";
import { engines, optimizers } from "fgkd/plugins";
const dot = definePlugin({ name: "dot", defaults: {}, register({ backbones, sources }) {
  backbones.register("dot", { defaults: {}, create: () => {
    const parameters = new Parameters();
    const weight = parameters.weight("w", [1, 2], "linear", () => new Float32Array(2));
    return { parameters, forward: ({ images }) => ({ logits: images.reshape([-1, 1]).matMul(weight) }) };
  } });
  sources.register("dots", { defaults: {}, create: () => ({ open: async () => ({
    classes: ["a", "b"], fingerprint: "dots", count: () => 8, batchCount: () => 2, close: async () => {},
    async *batches({ skip }) {
      for (let index = skip; index < 2; index++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        yield { images: tf.ones([4, 1, 1, 1]), labels: tf.tensor2d([[1, 0], [1, 0], [1, 0], [1, 0]]) };
      }
    },
  }) }) });
}, apply({ hooks }) {
  hooks.loss.tap("dot", (terms, { logits }, { labels }) =>
    ({ ...terms, dot: tf.tidy(() => tf.losses.softmaxCrossEntropy(labels, logits).asScalar()) }));
} });
export const dots = { name: "dots", summary: "", plugins: [dot(), engines(), optimizers()], stages: { student: { trains: "student" } },
  defaults: { engine: "cpu", batchSize: 4, epochs: 500, data: { name: "dots" }, models: { student: { backbone: { name: "dot" } } } } };
`;

describe.skipIf(!isHere("the built command", staleBuild()))(
  "the built command (npm run build)",
  { timeout: 120_000 },
  () => {
    beforeAll(async () => {
      cwd = await mkdtemp(join(tmpdir(), "fgkd-process-"));
      await writeFile(join(cwd, "dots.mjs"), preset);
    });
    afterAll(() => rm(cwd, { recursive: true, force: true }));

    test("lists the presets that the package brings", async () => {
      const { code, out } = await fgkd(["list"]);
      expect(code).toBe(0);
      expect(out).toContain("dadkd");
    });

    test("tells a mistake in one paragraph on standard error", async () => {
      const { code, out, err } = await fgkd(["--preset", "dadkt"]);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toMatch(/^FGKD_UNKNOWN_NAME no preset is registered as "dadkt"\..* Did you mean "dadkd"\?.*\n$/);
    });

    test("does not mind when nobody reads its output", async () => {
      const { code, err } = await fgkd(["config", "--preset", "dadkd"], {
        when: /./,
        act: (child) => child.stdout?.destroy(),
      });
      expect({ code, err }).toEqual({ code: 0, err: "" });
    });

    test("stops at SIGINT with a checkpoint, and goes on with --resume", async () => {
      const stopped = await fgkd(["--preset", "./dots.mjs", "--out", "run"], {
        when: "epoch 2/500",
        act: (child) => child.kill("SIGINT"),
      });
      expect(stopped.err).toContain("Ctrl-C: stopping after this step");
      expect(stopped).toMatchObject({
        code: 130,
        out: expect.stringMatching(/Go on with:\n {2}(npx )?fgkd --resume run/),
      });
      expect(await readdir(join(cwd, "run", "checkpoints"))).not.toHaveLength(0);
      const resumed = await fgkd(["--resume", "run"], {
        when: /epoch \d+\/500/,
        act: (child) => child.kill("SIGTERM"),
      });
      expect(resumed).toMatchObject({
        code: 143,
        out: expect.stringMatching(/run, taken up (after \d+ epochs?|in the first epoch)/),
      });
    });

    test("ends a run in good order when nobody reads its output any more", async () => {
      const { code, err } = await fgkd(["--preset", "./dots.mjs", "--out", "unread"], {
        when: "epoch 2/500",
        act: (child) => child.stdout?.destroy(),
      });
      expect(code).toBe(141);
      expect(err).not.toContain("    at ");
      expect(await readdir(join(cwd, "unread", "checkpoints"))).not.toHaveLength(0);
    });
  },
);
