import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { newRunPlace } from "../../../core/cli/train/run-place.js";
import { definePlugin, definePreset, type Training } from "../../../core/index.js";
import { createWorld, toyPreset, type World } from "./world.js";

const place = (world: World, ...path: readonly string[]) => join(world.cwd, "runs/toy-1", ...path);
const model = (world: World, role: string) =>
  readFile(place(world, "models", `${role}.safetensors`)).then((file) => file.toString("base64"));
const checkpoints = (world: World) =>
  readdirSync(place(world, "checkpoints")).filter((file) => /^\d+\.json$/.test(file));

/** Presses Ctrl-C at these looks at the clock: 12 are of the teacher's steps, then 8 of the student's. */
const ctrlCAt =
  (...looks: readonly number[]) =>
  (look: number, world: World) => {
    if (looks.includes(look)) world.pressCtrlC();
  };

describe("the model of a stage that has ended", () => {
  test("is there while the next one trains, with the bytes that it has at the end", async () => {
    const [whole, world] = [await createWorld(), await createWorld({ onLook: ctrlCAt(16) })];
    await whole.fgkd("--preset toy --quiet");
    expect(await world.fgkd("--preset toy --quiet")).toBe(130);
    expect(readdirSync(place(world, "models"))).toEqual(["teacher.safetensors"]);
    expect(await model(world, "teacher")).toBe(await model(whole, "teacher"));
    // It can teach another run from now on.
    expect(await world.fgkd("--preset toy --quiet --teacher runs/toy-1")).toBe(0);
    expect(await world.fgkd("--resume runs/toy-1 --quiet")).toBe(0);
    for (const role of ["teacher", "student"]) expect(await model(world, role)).toBe(await model(whole, role));
  });

  test("is written when the run is taken up, where it is missing", async () => {
    const [whole, world] = [await createWorld(), await createWorld({ onLook: ctrlCAt(16, 19) })];
    await whole.fgkd("--preset toy --quiet");
    expect(await world.fgkd("--preset toy --quiet")).toBe(130);
    rmSync(place(world, "models"), { recursive: true });
    expect(await world.fgkd("--resume --quiet")).toBe(130);
    expect(readdirSync(place(world, "models"))).toEqual(["teacher.safetensors"]);
    expect(await model(world, "teacher")).toBe(await model(whole, "teacher"));
  });

  test("is not there before that, and eval says which are", async () => {
    const world = await createWorld({ onLook: ctrlCAt(5, 17) });
    expect(await world.fgkd("--preset toy --quiet")).toBe(130);
    expect(existsSync(place(world, "models"))).toBe(false);
    expect(await world.fgkd("--resume --quiet")).toBe(130);
    expect(await world.fgkd("eval runs/toy-1")).toBe(1);
    expect(world.err).toMatch(/models: holds teacher, and no student yet; the run has not ended\. .*--resume/s);
  });
});

/** The last epoch that is finished before the fault is the second of three, after eight steps. */
describe("the last finished epoch is kept when the next one", () => {
  const late = { epoch: 2 };
  test.each([
    [
      "meets a fault of a plugin in its first step",
      70,
      ({ hooks }: Training) =>
        hooks.batch.tap("faulty", (batch, { epoch }) => {
          if (epoch === late.epoch) throw new Error("out of ink");
          return batch;
        }),
    ],
    [
      "meets a fault of a plugin at its end",
      70,
      ({ hooks }: Training) =>
        hooks.epoch.tap("faulty", ({ epoch }) => {
          if (epoch === late.epoch) throw new Error("out of paper");
        }),
    ],
    [
      "comes to a loss that is not finite",
      78,
      ({ hooks }: Training) =>
        hooks.loss.tap("faulty", (terms, { logits }, _batch, { epoch }) =>
          epoch === late.epoch && logits ? { ...terms, faulty: logits.mul(Number.NaN).sum() } : terms,
        ),
    ],
  ] as const)("%s", async (_, code, apply) => {
    const faulty = definePlugin({ name: "faulty", defaults: {}, apply: (training) => void apply(training) });
    const world = await createWorld({
      presets: [definePreset({ ...toyPreset, plugins: [toyPreset.plugins, faulty()] })],
    });
    expect(await world.fgkd("--preset toy --quiet")).toBe(code);
    expect(checkpoints(world)).toContain("000000008.json");
    expect((await readFile(place(world, "metrics.jsonl"), "utf8")).trim().split("\n")).toHaveLength(2);
  });

  test("finds the disk full where the epoch is to be recorded", async () => {
    const world = await createWorld({
      // A folder where the file should be.
      onLook: (look) => {
        if (look !== 6) return;
        rmSync(place(world, "metrics.jsonl"));
        mkdirSync(place(world, "metrics.jsonl"));
      },
    });
    expect(await world.fgkd("--preset toy --quiet")).toBe(74);
    expect(checkpoints(world)).toContain("000000008.json");
  });
});

describe("a folder of runs that a killed start has left", () => {
  const left = (world: World, age: number, ...files: readonly string[]) => {
    const path = place(world);
    mkdirSync(path, { recursive: true });
    for (const file of files) writeFileSync(join(path, file), "");
    const then = Date.now() / 1000 - age;
    for (const file of [...files.map((file) => join(path, file)), path]) utimesSync(file, then, then);
  };
  const lock = "lock.11111111-2222-4333-8444-555555555555";

  test.each([
    ["goes, and its number is free", 600, ["lock", lock, "config.json.0a1b2c3d.tmp"], "toy-1"],
    ["goes when it is empty", 600, [], "toy-1"],
    ["stays while its start may be under way", 60, ["lock"], "toy-2"],
    ["stays with whatever else is in it", 600, ["lock", "notes.txt"], "toy-2"],
  ] as const)("%s", async (_, age, files, wanted) => {
    const world = await createWorld();
    left(world, age, ...files);
    expect(await newRunPlace("toy", world.cwd)).toBe(join(world.cwd, "runs", wanted));
    if (wanted === "toy-1") expect(readdirSync(place(world))).toEqual([]);
    if (wanted === "toy-2") expect(readdirSync(place(world)).sort()).toEqual([...files].sort());
  });

  test("stays when it is a link to another place", async () => {
    const world = await createWorld();
    const elsewhere = join(world.cwd, "elsewhere");
    mkdirSync(elsewhere);
    mkdirSync(join(world.cwd, "runs"));
    writeFileSync(join(elsewhere, "lock"), "");
    for (const path of [join(elsewhere, "lock"), elsewhere]) utimesSync(path, 1, 1);
    symlinkSync(elsewhere, place(world));
    expect(await newRunPlace("toy", world.cwd)).toBe(join(world.cwd, "runs/toy-2"));
    expect(readdirSync(elsewhere)).toEqual(["lock"]);
  });
});

describe("a new run", () => {
  test("is refused where another one has left checkpoints, and touches nothing", async () => {
    const world = await createWorld();
    await world.fgkd("--preset toy --quiet --out run");
    for (const file of ["config.json", "manifest.json", "result.json"]) rmSync(join(world.cwd, "run", file));
    const before = readdirSync(join(world.cwd, "run"), { recursive: true }).sort();
    expect(await world.fgkd("--preset toy --seed 7 --out run")).toBe(1);
    expect(world.err.replaceAll("\n", " ")).toMatch(
      /FGKD_PATH .*run: holds what is left of another run \(metrics\.jsonl, /,
    );
    expect(readdirSync(join(world.cwd, "run"), { recursive: true }).sort()).toEqual(before);
  });

  test("has an id, which stands in its checkpoints; checkpoints of another are passed over with a word", async () => {
    const world = await createWorld({ onLook: ctrlCAt(3, 26) });
    const other = await createWorld();
    await other.fgkd("--preset toy --quiet --seed 7");
    expect(await world.fgkd("--preset toy --quiet")).toBe(130);
    const id = async (file: string, key: string) =>
      (JSON.parse(await readFile(place(world, file), "utf8")) as Readonly<Record<string, unknown>>)[key];
    const own = await id("config.json", "id");
    expect(own).toMatch(/^[0-9a-f-]{36}$/);
    expect(await id(`checkpoints/${checkpoints(world)[0]}`, "run")).toBe(own);
    for (const file of readdirSync(place(other, "checkpoints")))
      writeFileSync(place(world, "checkpoints", file), await readFile(place(other, "checkpoints", file)));
    expect(await world.fgkd("--resume --quiet")).toBe(0);
    expect(world.err).toContain("of another run, which are left as they are");
    const whole = await createWorld();
    await whole.fgkd("--preset toy --quiet");
    expect(await model(world, "student")).toBe(await model(whole, "student"));
    for (const file of readdirSync(place(other, "checkpoints")))
      expect(await readFile(place(world, "checkpoints", file))).toEqual(
        await readFile(place(other, "checkpoints", file)),
      );
  });

  test("without an id, as earlier versions wrote it, goes on to the same end", async () => {
    const [whole, world] = [await createWorld(), await createWorld({ onLook: ctrlCAt(6) })];
    await whole.fgkd("--preset toy --quiet");
    expect(await world.fgkd("--preset toy --quiet")).toBe(130);
    const forget = async (file: string, key: string) => {
      const text = await readFile(place(world, file), "utf8");
      writeFileSync(place(world, file), text.replace(new RegExp(`\\s*"${key}":\\s*"[^"]*",`), ""));
      expect(await readFile(place(world, file), "utf8")).not.toContain(`"${key}":"`);
    };
    await forget("config.json", "id");
    for (const file of checkpoints(world)) await forget(`checkpoints/${file}`, "run");
    expect(await world.fgkd("--resume")).toBe(0);
    expect(world.out).toMatch(/taken up (after|in)/);
    expect(await model(world, "student")).toBe(await model(whole, "student"));
    expect(await readFile(place(world, "config.json"), "utf8")).not.toMatch(/"id": /);
  });
});
