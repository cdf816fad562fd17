import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { available } from "./both.js";

const script = fileURLToPath(new URL("./mistakes/process.ts", import.meta.url));

describe.skipIf(!available)("mistakes in calls of native functions", () => {
  // FGKD_MISTAKES makes more of them, for nights and sanitisers.
  const runs = Number(process.env.FGKD_MISTAKES ?? 3000);

  test.each([1, 2])(
    `end in errors, never in a crash or a write beyond an array (seed %i, ${runs} calls)`,
    async (seed) => {
      const folder = await mkdtemp(join(tmpdir(), "fgkd-mistakes-"));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const last = join(folder, "last");
      const words = ["--import", "tsx", script, String(runs), String(seed), last];
      const ended = await promisify(execFile)(process.execPath, words, { maxBuffer: 1 << 26 }).then(
        ({ stdout }) => stdout,
        async ({ code, signal, stderr }: { code: unknown; signal: unknown; stderr: string }) =>
          `ended with ${signal ?? code} at ${await readFile(last, "utf8").catch(() => "the start")}\n${stderr}`,
      );
      expect(ended).toMatch(/^\d+ calls of \d+ functions\n$/);
    },
    120_000,
  );
});
