/** What strangers bring works from the packed package: every kind of entry, plugins on the hooks, methods of their own. */
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EpochSummary, type Manifest, readSafetensors } from "../../core/index.js";
import { type Project, packedProject } from "./pack.js";

let project: Project;

beforeAll(async () => {
  project = await packedProject();
}, 300_000);

afterAll(() => rm(project.root, { recursive: true, force: true }));

const read = (...path: readonly string[]) => readFile(join(project.folder, ...path), "utf8");

async function epochsOf(run: string): Promise<readonly EpochSummary[]> {
  return (await read(run, "metrics.jsonl"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as EpochSummary);
}

test("the package has every file that its exports and its command name", async () => {
  const { exports, bin } = JSON.parse(await readFile(join(project.installed, "package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
    readonly bin: Readonly<Record<string, string>>;
  };
  const targets = Object.values(exports).flatMap((to) => (typeof to === "string" ? [to] : Object.values(to)));
  const named = [...targets, ...Object.values(bin)];
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((path) => !existsSync(join(project.installed, path)))).toEqual([]);
});

test.each([
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
])("what strangers write compiles against the package's types, with $moduleResolution", async (settings) => {
  expect(await project.compile(settings)).toBe("");
});

test("the names that strangers register can be listed, and auto tries their engine first", async () => {
  const listed = await project.fgkd("list");
  for (const name of ["thin-net", "focal", "dim", "variety", "two-tone", "shrinking", "abacus"])
    expect(listed).toMatch(new RegExp(`(^|[\\s,])${name}([\\s,]|$)`, "m"));
  const [, first] = /^[✔✘] +(\S+)/m.exec(await project.fgkd("doctor")) ?? [];
  expect(first).toBe("abacus");
});

describe("a run of mutual learning with a part of every kind", () => {
  let epochs: readonly EpochSummary[];
  let tensors: ReturnType<typeof readSafetensors>["tensors"];
  const of = (stage: string) => epochs.filter((epoch) => epoch.stage === stage);
  const valuesOf = (name: string) => [...(tensors.get(name)?.data ?? [])];

  beforeAll(async () => {
    await project.fgkd("--out", "run");
    epochs = await epochsOf("run");
    tensors = readSafetensors(join(project.folder, "run/checkpoints/000000012.safetensors")).tensors;
  }, 120_000);

  test("auto picks the engine of higher priority", async () => {
    const { engine, engineOptions, engineVersion } = JSON.parse(await read("run/manifest.json")) as Manifest;
    expect({ engine, engineOptions, engineVersion }).toEqual({
      engine: "abacus",
      engineOptions: { beads: 10 },
      engineVersion: "1",
    });
  });

  test("the backbone is trained, and exported under the names of its layers", () => {
    const { tensors: exported } = readSafetensors(join(project.folder, "run/models/student.safetensors"));
    expect(exported.get("level2.0.conv.weight")?.shape).toEqual([8, 4, 3, 3]);
    expect(exported.get("fc.weight")?.shape).toEqual([3, 8]);
  });

  test("the loss is reckoned with the options of its lines", () => {
    expect(of("first")).toHaveLength(2);
    for (const { losses } of of("first")) {
      const { crossEntropy = Number.NaN, plain, focal } = losses;
      expect(plain).toBeCloseTo(crossEntropy, 5);
      expect(focal).toBeGreaterThan(0);
      expect(focal).toBeLessThan(0.5 * crossEntropy);
    }
    expect(of("second")[0]?.losses).not.toHaveProperty("focal");
  });

  test("the metric is measured in every epoch", () => {
    expect(epochs).toHaveLength(4);
    for (const { metrics } of epochs) expect([1, 2, 3]).toContain(metrics.variety);
  });

  test("the learning rate follows the schedule", () => {
    for (const stage of ["first", "second"]) expect(of(stage).map((epoch) => epoch.learningRate)).toEqual([0.04, 0.01]);
  });

  test("both stages see the same batches, as transform and augmenter leave them", async () => {
    type Seen = readonly { readonly digest: string; readonly shades: readonly number[] }[];
    const [first, second] = await Promise.all(
      ["first", "second"].map(async (stage) => JSON.parse(await read("run/artifacts", stage, "witness.json")) as Seen),
    );
    expect(first).toHaveLength(6);
    expect(new Set(first?.map(({ digest }) => digest)).size).toBe(6);
    expect(second).toEqual(first);
    // Two tones, of which `dim` leaves a quarter.
    for (const { shades } of first ?? []) expect(shades).toEqual([0, 0.25]);
  });

  test("averages on the update pipeline are in the checkpoint, also of the stage that has ended before", async () => {
    const { state } = JSON.parse(await read("run/checkpoints/000000012.json")) as {
      readonly state: { readonly stages: Readonly<Record<string, { readonly plugins: unknown }>> };
    };
    for (const stage of ["first", "second"]) expect(state.stages[stage]?.plugins).toMatchObject({ averages: 6 });
    for (const weight of ["level1.0.norm.weight", "fc.bias"]) {
      // With decay 0 an average is the weight itself.
      expect(valuesOf(`stages/second/plugins/averages/${weight}`)).toEqual(valuesOf(`models/peer/${weight}`));
      const average = valuesOf(`stages/first/plugins/averages/${weight}`);
      expect(average.every(Number.isFinite) && average.length > 0).toBe(true);
      expect(average).not.toEqual(valuesOf(`models/student/${weight}`));
    }
  });
});

test("a student is given hints from any layer, by settings alone", async () => {
  await project.fgkd("--config", "hint.yaml", "--out", "hints");
  const [teacher, student] = await epochsOf("hints");
  expect(teacher?.stage).toBe("teacher");
  expect(Object.keys(student?.losses ?? {})).toEqual(["crossEntropy", "hint", "early"]);
  for (const term of ["hint", "early"]) expect(student?.losses[term]).toBeGreaterThan(0);
  const { tensors } = readSafetensors(join(project.folder, "hints/checkpoints/000000004.safetensors"));
  const regressors = [...tensors].filter(([name]) => name.includes("/hint/"));
  // From the student's channels to the teacher's, in the layout of public files.
  expect(regressors.map(([name, { shape }]) => [name.replace(/^.*\/hint\//, ""), shape])).toEqual([
    ["level1.0/level2.weight", [16, 4, 1, 1]],
    ["level2/level1.0.weight", [8, 6, 1, 1]],
  ]);
});
