import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRunFolder, readSafetensors } from "../../../core/index.js";
import { startEngine } from "../../support/engines.js";
import { plugin, toyRun } from "../../support/trouble.js";

let home = "";
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "fgkd-export-"));
  await startEngine("cpu");
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test("an exported model says what a reader needs to use it: role, backbone, classes, and how images reach it", async () => {
  const input = { resize: 3, crop: 2, mean: [0.1, 0.2, 0.3], deviation: [0.4, 0.5, 0.6] } as const;
  const run = await toyRun(
    plugin("nothing", () => {}),
    { epochs: 1, input },
  );
  const folder = await createRunFolder(join(home, "run"), { preset: "trouble", plugins: [], layers: [] }, run);
  for await (const _ of run.steps());
  await folder.finish(run);
  await folder.close();
  await run.close();
  const { metadata } = readSafetensors(join(home, "run/models/student.safetensors"));
  expect(JSON.parse(metadata.fgkd ?? "null")).toMatchObject({
    role: "student",
    backbone: { name: "toy-linear" },
    classes: ["dark", "light"],
    input,
  });
});
