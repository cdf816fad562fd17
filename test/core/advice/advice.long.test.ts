/** Advice on networks and images as people have them: where a teacher is no good it says so, on photographs that it helps with it does not. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Advice } from "../../../core/index.js";
import { root } from "../../docs/blocks.js";
import { whenTestEnds } from "../../support/leaving.js";

const grocery = resolve(root, "../shared/data/grocery");
const command = join(root, "core/cli/main.ts");

/** Trains with the real command, in a process of its own. @returns what the advice is about */
async function advisedOn(words: readonly string[]): Promise<readonly Advice["about"][]> {
  const cwd = await mkdtemp(join(tmpdir(), "fgkd-advice-"));
  whenTestEnds(() => rm(cwd, { recursive: true, force: true }));
  const fgkd = (line: readonly string[]) =>
    promisify(execFile)(process.execPath, ["--import", import.meta.resolve("tsx"), command, ...line], { cwd });
  await fgkd([...words, "--quiet", "--yes", "--out", "run", "--set", "report=false"]);
  const { stdout } = await fgkd(["advise", "run", "--json"]);
  const { advice } = JSON.parse(stdout) as { readonly advice: readonly Advice[] };
  return advice.map(({ about }) => about);
}

test("a teacher of drawn birds that was trained for an epoch is told to be weaker than the student alone", async () => {
  const words = ["--preset", "dadkd", "--epochs", "12", "--set", "stages.teacher.epochs=1"];
  expect(await advisedOn(words)).toContain("weak-teacher");
}, 900_000);

test.skipIf(!existsSync(grocery))(
  "of photographs of groceries, which the teacher knows better than the student alone, no harm is told",
  async () => {
    const words = ["--preset", "dadkd", "--data", grocery, "--scale", "demo", "--epochs", "12"];
    const about = await advisedOn(words);
    for (const harm of [
      "weak-teacher",
      "distillation-hurts",
      "rate-diverged",
      "rate-too-low",
      "imbalance",
      "small-images",
    ])
      expect(about).not.toContain(harm);
  },
  900_000,
);
