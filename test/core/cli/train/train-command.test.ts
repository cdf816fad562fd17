import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { definePlugin, definePreset, type Manifest } from "../../../../core/index.js";
import { createWorld, toyEnsemble, toyPreset, type World } from "../world.js";

const bytes = (world: World, run: string, role: string) =>
  readFile(join(world.cwd, run, "models", `${role}.safetensors`)).then((file) => file.toString("base64"));

/** Presses Ctrl-C at the n-th look at the clock, and never again. */
const ctrlCAt = (at: number) => (look: number, world: World) => {
  if (look === at) world.pressCtrlC();
};

const manifest = async (world: World) =>
  JSON.parse(await readFile(join(world.cwd, "runs/toy-1/manifest.json"), "utf8")) as Manifest;

describe("fgkd train", () => {
  test("trains, tells each epoch in a line, ends with a table, and leaves a run folder", async () => {
    const world = await createWorld();
    expect(await world.fgkd("--preset toy")).toBe(0);
    expect(world.err).toBe("");
    expect(world.out).toMatch(/^engine +cpu \(plain JavaScript\)$/m);
    expect(world.out).toMatch(/^data +2 classes, 12 images to train on, 6 to test on$/m);
    expect(world.out).toMatch(
      /^the teacher {2}epoch 3\/3 {2}supervised [\d.]+ {2}accuracy [\d.]+ % {2}lr 0.1 {2}[\d.]+ images\/s$/m,
    );
    expect(world.out).toMatch(/^the student {2}epoch 1\/2/m);
    expect(world.out).toMatch(/^stage +trains +input +mean of last 2 +best +time$/m);
    expect(world.out).toMatch(/^the student +student +448 px +[\d.]+ % +[\d.]+ % +\d+s$/m);
    expect((await readdir(join(world.cwd, "runs", "toy-1"))).sort()).toEqual([
      "checkpoints",
      "config.json",
      "manifest.json",
      "metrics.jsonl",
      "models",
      "result.json",
    ]);
    const metrics = await readFile(join(world.cwd, "runs/toy-1/metrics.jsonl"), "utf8");
    expect(metrics.trim().split("\n")).toHaveLength(5);
  });

  test("gives every run a folder of its own, and the same command the same bytes", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet");
    await world.fgkd("train --preset toy --quiet");
    expect(await bytes(world, "runs/toy-1", "student")).toBe(await bytes(world, "runs/toy-2", "student"));
  });

  test("refuses an --out that holds a run", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet --out here");
    expect(await world.fgkd("--preset toy --out here")).toBe(1);
    expect(world.err).toContain("already holds a run");
  });

  test("says nothing but the result when --quiet", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet");
    expect(world.out).not.toContain("epoch 1/");
    expect(world.out).toContain("mean of last 2");
  });

  test.each([2, 4, 8, 13])("stopped by Ctrl-C at look %i and resumed, ends with the same bytes", async (look) => {
    const whole = await createWorld();
    await whole.fgkd("--preset toy --quiet");
    const world = await createWorld({ onLook: ctrlCAt(look) });
    expect(await world.fgkd("--preset toy --quiet")).toBe(130);
    expect(world.out).toContain("Go on with:\n  fgkd --resume runs/toy-1");
    expect(await world.fgkd("--resume runs/toy-1")).toBe(0);
    expect(world.out).toMatch(/taken up (after|in the first epoch)/);
    for (const role of ["teacher", "student"])
      expect(await bytes(world, "runs/toy-1", role)).toBe(await bytes(whole, "runs/toy-1", role));
    const lines = (await readFile(join(world.cwd, "runs/toy-1/metrics.jsonl"), "utf8")).trim().split("\n");
    expect(lines).toHaveLength(5);
  });

  test("resumes the newest run when none is named, and a finished one by telling its result", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet --seed 1");
    await world.fgkd("--preset toy --quiet --seed 2");
    expect(await world.fgkd("--resume")).toBe(0);
    expect(world.out).toContain("runs/toy-2 has ended already, after 5 epochs: nothing is left to train");
  });

  test("resumes a run whose plugins and preset are values in a TypeScript config", async () => {
    const text = `import { definePlugin, definePreset } from "fgkd"; import { toy } from "fgkd/presets";
      const shy = definePlugin({ name: "shy", defaults: {}, apply() {} });
      export default { preset: definePreset({ ...toy, name: "mine" }), plugins: [shy()], epochs: 1 };`;
    const world = await createWorld({ onLook: ctrlCAt(3) });
    await writeFile(join(world.cwd, "fgkd.config.ts"), text);
    expect(await world.fgkd("train --quiet")).toBe(130);
    expect(await world.fgkd("train --resume --quiet")).toBe(0);
    const code = join(world.cwd, "fgkd.config.ts");
    expect(world.err).toBe(`loading the preset ${code}, which runs/mine-1/config.json names\n`);
  });

  test("refuses to resume what is no run, and with other settings", async () => {
    const world = await createWorld();
    expect(await world.fgkd("--resume nowhere")).toBe(1);
    expect(world.err).toContain("holds no run");
    expect(await world.fgkd("--resume")).toBe(1);
    expect(world.err).toContain("Name the folder of the run");
    expect(await world.fgkd("--resume nowhere --epochs 3")).toBe(1);
    expect(world.err).toContain("leave --epochs out");
  });

  test("gives a finished ensemble further members, as if it had had them from the start", async () => {
    const presets = [toyEnsemble];
    const whole = await createWorld({ presets });
    await whole.fgkd("--preset toy-ensemble --count 4 --quiet");
    const world = await createWorld({ presets });
    await world.fgkd("--preset toy-ensemble --quiet");
    const lines = () => readFile(join(world.cwd, "runs/toy-ensemble-1/metrics.jsonl"), "utf8");
    const before = await lines();
    expect(await world.fgkd("--resume --count 3 --quiet")).toBe(0);
    expect(await world.fgkd("--resume runs/toy-ensemble-1 --count 4")).toBe(0);
    expect(world.out).toContain("taken up after 9 epochs");
    expect(world.out).not.toMatch(/^member-[123] {2}epoch/m);
    expect((await lines()).startsWith(before)).toBe(true);
    for (const role of ["member-1", "member-2", "member-3", "member-4"])
      expect(await bytes(world, "runs/toy-ensemble-1", role)).toBe(await bytes(whole, "runs/toy-ensemble-1", role));
    // The folder knows: nothing is asked for any more.
    expect(await world.fgkd("--resume runs/toy-ensemble-1")).toBe(0);
    expect(world.out).toContain("has ended already, after 12 epochs");
  });

  test("refuses fewer members than a run has, and members of what is no ensemble", async () => {
    const world = await createWorld({ presets: [toyPreset, toyEnsemble] });
    await world.fgkd("--preset toy-ensemble --quiet");
    expect(await world.fgkd("--resume --count 1")).toBe(1);
    expect(world.err).toContain("the run has 2 members already");
    expect(await world.fgkd("--preset toy --count 3")).toBe(1);
    expect(world.err).toContain('[preset toy] has no option "count"');
  });

  test("counts images and seconds over all sittings", async () => {
    const world = await createWorld({ onLook: ctrlCAt(8) });
    expect(await world.fgkd("--preset toy --quiet")).toBe(130);
    expect(await world.fgkd("--resume --quiet")).toBe(0);
    const { images, seconds } = await manifest(world);
    expect(images).toEqual({ teacher: 36, student: 24 });
    expect(seconds.teacher).toBeCloseTo(1.2);
  });

  test("keeps the best checkpoint of each stage, and as many of the newest as it is told", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet --set checkpoints.keep=1 --set evaluation.bestOn=test");
    const files = await readdir(join(world.cwd, "runs/toy-1/checkpoints"));
    expect(files.filter((file) => /^\d+\.json$/.test(file))).toEqual(["000000020.json"]);
    expect(files).toEqual(expect.arrayContaining(["best-student.json", "best-teacher.json"]));
  });

  test("chooses no best checkpoint on test images unless it is told to", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet");
    const files = await readdir(join(world.cwd, "runs/toy-1/checkpoints"));
    expect(files.filter((file) => file.startsWith("best-"))).toEqual([]);
  });

  test("refuses to go on with changed data, says what --force would cost, and goes on with it", async () => {
    const world = await createWorld({ onLook: ctrlCAt(3) });
    expect(await world.fgkd("--preset toy --quiet")).toBe(130);
    // As if the images and the preset had been others when it began.
    const edit = async (file: string, was: string | RegExp, is: string) => {
      const path = join(world.cwd, "runs/toy-1", file);
      await writeFile(path, (await readFile(path, "utf8")).replaceAll(was, is));
    };
    await edit("manifest.json", "toy-12", "toy-16");
    await edit("config.json", /"epochs": 3/g, '"epochs": 4');
    expect(await world.fgkd("--resume --quiet")).toBe(65);
    expect(world.err).toContain('data was {"teacher":"toy-16","student":"toy-16"}, is {"teacher":"toy-12"');
    expect(world.err).toContain("stages.teacher.epochs was 4, is 3");
    expect(world.err).toMatch(/go on with --force, at a risk: the images change midway.*; the settings change midway/);
    expect(await world.fgkd("--resume --force --quiet")).toBe(0);
    expect((await manifest(world)).forced).toContain("stages.teacher.epochs was 4, is 3");
    expect(await world.fgkd("--resume --quiet")).toBe(0);
  });

  test("refuses another engine without --force", async () => {
    const world = await createWorld({ onLook: ctrlCAt(3) });
    expect(await world.fgkd("--preset toy --quiet")).toBe(130);
    const path = join(world.cwd, "runs/toy-1/manifest.json");
    await writeFile(path, (await readFile(path, "utf8")).replace('"engine": "cpu"', '"engine": "abacus"'));
    expect(await world.fgkd("--resume --quiet --engine cpu")).toBe(65);
    expect(world.err).toContain('engine was "abacus", is "cpu"');
    expect(await world.fgkd("--resume --quiet --engine cpu --force")).toBe(0);
  });

  test("begins anew in a folder whose run was killed before its first checkpoint", async () => {
    const world = await createWorld({ onLook: ctrlCAt(2) });
    expect(await world.fgkd("--preset toy --quiet")).toBe(130);
    for (const lost of ["checkpoints", "manifest.json", "metrics.jsonl"])
      await rm(join(world.cwd, "runs/toy-1", lost), { recursive: true, force: true });
    expect(await world.fgkd("--resume runs/toy-1 --quiet")).toBe(0);
    const whole = await createWorld();
    await whole.fgkd("--preset toy --quiet");
    expect(await bytes(world, "runs/toy-1", "student")).toBe(await bytes(whole, "runs/toy-1", "student"));
  });

  test("takes a trained teacher from another run", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet");
    expect(await world.fgkd("--preset toy --teacher runs/toy-1")).toBe(0);
    expect(world.out).not.toMatch(/the teacher {2}epoch/);
    await rm(join(world.cwd, "runs/toy-2"), { recursive: true });
  });

  test("refuses an engine that cannot run, and one that nobody knows", async () => {
    const world = await createWorld();
    expect(await world.fgkd("--preset toy --engine tensorflow")).toBe(69);
    expect(world.err).toContain('FGKD_ENGINE_UNAVAILABLE engine "tensorflow" cannot run here: its library is not here');
    expect(await world.fgkd("--preset toy --engine cup")).toBe(1);
    expect(world.err).toContain('Did you mean "cpu"?');
  });

  test("leaves no bar behind when a plugin fails, and tells who did", async () => {
    const failing = definePlugin({
      name: "failing",
      defaults: {},
      apply: ({ hooks }) =>
        hooks.batch.tap("failing", (batch, { epoch }) => {
          if (epoch === 1) throw new Error("out of ink");
          return batch;
        }),
    });
    const preset = definePreset({ ...toyPreset, plugins: [toyPreset.plugins, failing()] });
    const world = await createWorld({ presets: [preset], isTTY: true });
    expect(await world.fgkd("--preset toy")).toBe(70);
    expect(world.err.replaceAll("\n", " ")).toContain(
      'FGKD_PLUGIN_FAILED [failing] failed in hooks.batch (stage "teacher", epoch 2, step 1): out of ink',
    );
    // The cursor is shown again.
    expect(world.rawOut.lastIndexOf("\x1b[?25h")).toBeGreaterThan(world.rawOut.lastIndexOf("\x1b[?25l"));
  });
});

describe("on a terminal", () => {
  test("draws a bar a stage, with loss, accuracy, speed and time left", async () => {
    const world = await createWorld({ isTTY: true, columns: 100 });
    expect(await world.fgkd("--preset toy --set epochs=9")).toBe(0);
    expect(world.out).toMatch(
      /the teacher {2}━+╌+ {2}2\/9 {2}supervised [\d.]+ +acc [\d.]+ % +\d+ img\/s {2}\d+s left/,
    );
    expect(world.out).toMatch(/the student {2}━+ {2}9\/9 {2}acc [\d.]+ % {2}best [\d.]+ % {2}took \d+s/);
  });

  test("colours unless NO_COLOR is set", async () => {
    const coloured = await createWorld({ isTTY: true });
    await coloured.fgkd("--preset toy");
    expect(coloured.rawOut).toContain("\x1b[32m");
    const plain = await createWorld({ isTTY: true, variables: { NO_COLOR: "1" } });
    await plain.fgkd("--preset toy");
    expect(plain.rawOut).not.toContain("\x1b[32m");
  });

  test("says at the first Ctrl-C what it does and what a second one would do", async () => {
    const world = await createWorld({ isTTY: true, onLook: ctrlCAt(9) });
    expect(await world.fgkd("--preset toy")).toBe(130);
    expect(world.out).toContain("Ctrl-C: stopping after this step. Once more stops at once");
  });
});

test("--members is --count by its old name, with a line that tells the new one", async () => {
  const world = await createWorld({ presets: [toyEnsemble] });
  expect(await world.fgkd("config --preset toy-ensemble --members 3 --json")).toBe(0);
  expect(world.err).toContain("--members is called --count now");
  expect(world.out).toContain('"stages.member-3');
});

test("--teacher sets the role that the preset declares as its teacher", async () => {
  const taught = { ...toyPreset, name: "taught", teacher: "student" };
  const world = await createWorld({ presets: [taught] });
  await writeFile(join(world.cwd, "mine.safetensors"), "");
  expect(await world.fgkd("config --preset taught --teacher mine.safetensors --json")).toBe(0);
  const settings = JSON.parse(world.out) as readonly { readonly path: string; readonly value: unknown }[];
  const settingAt = (path: string) => settings.find((setting) => setting.path === path)?.value;
  expect(settingAt("models.student.weights")).toMatch(/mine\.safetensors$/);
  expect(settingAt("stages.student.enabled")).toBe(false);
});
