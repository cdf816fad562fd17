import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readEvents } from "../../plugins/observers/event-records.js";
import { createWorld, type World } from "./world.js";

const inRun = (world: World, ...path: string[]) => join(world.cwd, "runs/toy-1", ...path);
const csvOf = async (world: World) => {
  const text = await readFile(inRun(world, "artifacts/log/student.csv"), "utf8");
  const [head = "", ...rows] = text.trim().split("\n");
  const speed = head.split(",").indexOf("images-per-second");
  // How fast it went is no result.
  return [head, ...rows].map((row) => row.split(",").filter((_, at) => at !== speed));
};
const stepsOf = async (world: World) => {
  const folder = inRun(world, "artifacts/tensorboard/student");
  const files = (await readdir(folder)).sort();
  const events = await Promise.all(files.map(async (file) => readEvents(await readFile(join(folder, file)))));
  return events.flat().flatMap(({ step, scalars }) => (step === undefined ? [] : [[step, scalars?.accuracy]]));
};

describe("observers that a run is given by name", () => {
  test("write while it trains, by --plugin or by a config file, and change nothing of what is trained", async () => {
    const [plain, asked, listed] = [await createWorld(), await createWorld(), await createWorld()];
    await plain.fgkd("--preset toy --quiet");
    await asked.fgkd("--preset toy --quiet --plugin tensorboard --plugin csv-log");
    const config = { plugins: ["csv-log"], options: { "csv-log": { folder: "tables" } } };
    await writeFile(join(listed.cwd, "fgkd.config.json"), JSON.stringify(config));
    expect(await listed.fgkd("--preset toy --quiet"), listed.err).toBe(0);
    expect(await readdir(inRun(listed, "artifacts"))).toEqual(["tables"]);
    expect((await csvOf(asked)).map(([epoch]) => epoch)).toEqual(["epoch", "1", "2"]);
    const lines = (await readFile(inRun(asked, "metrics.jsonl"), "utf8")).trim().split("\n");
    const summaries = lines.map((line) => JSON.parse(line) as { stage: string; metrics: { accuracy: number } });
    const accuracies = summaries.filter(({ stage }) => stage === "student").map(({ metrics }) => metrics.accuracy);
    expect(await stepsOf(asked)).toEqual(accuracies.map((accuracy, at) => [at + 1, Math.fround(accuracy)]));
    for (const file of ["models/student.safetensors", "metrics.jsonl"])
      expect(await readFile(inRun(asked, file))).toEqual(await readFile(inRun(plain, file)));
  });

  test("have each epoch once where the run was stopped and resumed", async () => {
    const [whole, world] = [
      await createWorld(),
      await createWorld({ onLook: (look, { pressCtrlC }) => look === 16 && pressCtrlC() }),
    ];
    const line = "--preset toy --quiet --plugin tensorboard --plugin csv-log";
    await whole.fgkd(line);
    expect(await world.fgkd(line)).toBe(130);
    expect(await world.fgkd("--resume --quiet")).toBe(0);
    expect((await csvOf(world)).map((row) => row.join())).toEqual((await csvOf(whole)).map((row) => row.join()));
    expect(await stepsOf(world)).toEqual(await stepsOf(whole));
  });
});
