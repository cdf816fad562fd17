/** A newcomer's first hour, at a real terminal: what goes wrong, what fgkd says, and how it goes on. One story, in order. */
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requireBuild } from "./process.js";
import { hasTerminal, type Press, typed } from "./terminal.js";

/** The folder in which everything lies; `~` in what is read. */
let home = "";

const tiny =
  "--scale demo --batch-size 4 --epochs 1 --engine wasm --workers 1 --set input.resize=32 --set input.crop=32".split(
    " ",
  );
const train = (...words: readonly string[]) => ["--preset", "dadkd", ...words, ...tiny];

/** What a person reads after such words, and the exit code below it. Machines differ in numbers, and are no matter here. */
async function read(words: readonly string[], { at = "", presses }: { at?: string; presses?: readonly Press[] } = {}) {
  const { code, screen } = await typed(words, join(home, at), presses);
  const told = screen
    .replaceAll(home, "~")
    .replaceAll(/(?<=\S) {2,}/g, "  ")
    .replace(/^fgkd {2}\d\S*,/m, "fgkd  VERSION,")
    .replace(/^engine wasm \(.*\)$/m, "engine wasm (ITS LIBRARY)")
    .replaceAll(/\b\d+\.\d %/g, "N %")
    .replaceAll(/\d+(?= {2}N %$)/gm, "N")
    .replaceAll(/(\d+m )?\d+s$/gm, "TIME")
    .replaceAll(/━+/g, "━")
    // Its sentences have their own tests, and their numbers are those of sixteen images.
    .replace(/^advice {2}“?[A-Z][\s\S]*$/m, "advice  SENTENCES");
  return `${told.trimEnd()}\n[${code}]`;
}

/** A text as it stands on the terminal; where a line ends with `\\`, the next one goes on with it. */
const lines = (text: TemplateStringsArray) =>
  text.raw
    .join("")
    .replaceAll(/\\\n\s*/g, "")
    .replaceAll(/^ {6}/gm, "")
    .trim();

/** Pictures of two kinds of bird: 40 px, and no two alike. */
async function photograph(folder: string, shade: number) {
  for (const [label, name] of ["finch", "wren"].entries()) {
    mkdirSync(join(home, folder, name), { recursive: true });
    for (let i = 0; i < 8; i++) {
      const background = { r: 60 + 120 * label, g: shade + 4 * i, b: 180 - 120 * label };
      const picture = sharp({ create: { width: 40, height: 40, channels: 3, background } });
      await picture.png().toFile(join(home, folder, name, `${i}.png`));
    }
  }
}

/** A plugin of the newcomer's own: its first step takes until Ctrl-C has been answered. */
const slow = `
import { existsSync, writeSync } from "node:fs";
import { definePlugin } from "fgkd";
const answered = new URL("answered", import.meta.url);
export const slow = definePlugin({ name: "slow", defaults: {}, apply({ hooks }) {
  hooks.forward.tap("slow", (outputs, _, { index }) => {
    if (index !== 0 || existsSync(answered)) return outputs;
    writeSync(1, "the first step begins\\n");
    for (const end = Date.now() + 60_000; !existsSync(answered) && Date.now() < end; ) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    return outputs;
  });
} });
`;

describe.skipIf(!hasTerminal())("a newcomer's journey", () => {
  beforeAll(async () => {
    requireBuild();
    home = await realpath(await mkdtemp(join(tmpdir(), "fgkd-journey-")));
    await photograph("photos/Train", 20);
    await photograph("photos/Val", 80);
    await photograph("others", 140);
    await photograph("strange", 200);
    await sharp(join(home, "others/wren/0.png")).resize(50).toFile(join(home, "others/wren/large.png"));
    mkdirSync(join(home, "elsewhere"));
    mkdirSync(join(home, "strange/robin"));
    await sharp(join(home, "strange/wren/0.png")).negate().toFile(join(home, "strange/robin/0.png"));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  test("the path is wrong", async () => {
    expect(await read(train("--data", "fotos"))).toBe(lines`
      FGKD_PATH ~/fotos: there is no such folder. Check the path given with --data.
      [1]`);
  });

  test("a role is mistyped", async () => {
    const words = train("--data", "photos", "--set", "models.studnet.backbone.name=resnet18");
    expect(await read(words)).toBe(lines`
      FGKD_UNKNOWN_NAME no model role is registered as "studnet". Registered: teacher, student, baseline. \
        Did you mean "student"? If it comes from a plugin, list that plugin in the preset or config.
      [1]`);
  });

  test("the teacher is missing", async () => {
    expect(await read(train("--data", "photos", "--teacher", "teacher.safetensors"))).toBe(lines`
      FGKD_PATH ~/teacher.safetensors: there is no such file or folder. \
        Check the path given with --teacher: a file of weights, or the folder of a run.
      [1]`);
  });

  test("Train/ and Val/ will do, and Ctrl-C in the first step keeps it", async () => {
    writeFileSync(join(home, "slow.mjs"), slow);
    writeFileSync(join(home, "fgkd.config.json"), JSON.stringify({ plugins: ["./slow.mjs"] }));
    const presses = [
      { after: "the first step begins", key: () => "\x03" },
      {
        after: "Ctrl-C: stopping after this step.",
        key: () => {
          writeFileSync(join(home, "answered"), "");
          return "";
        },
      },
    ];
    expect(await read(train("--data", "photos"), { presses })).toBe(lines`
      Val/ is the test split: there is no test/. data.testFolders names another.
      fgkd  VERSION, preset dadkd at demo scale, seed 0
      engine wasm (ITS LIBRARY)
      data  2 classes, 16 images to train on, 16 to test on
      run  runs/dadkd-1

      the first step begins
      ^CCtrl-C: stopping after this step. Once more stops at once, without a checkpoint.

      Stopped in the first epoch, with a checkpoint. Go on with:
        npx fgkd --resume runs/dadkd-1
      [130]`);
  });

  test("--resume knows no run in another folder", async () => {
    expect(await read(["--resume"], { at: "elsewhere" })).toBe(lines`
      FGKD_PATH ~/elsewhere/runs: holds no run. Name the folder of the run: --resume RUN.
      [1]`);
    expect(await read(["--resume", "runs/dadkd-1"], { at: "elsewhere" })).toBe(lines`
      FGKD_PATH ~/elsewhere/runs/dadkd-1: holds no run (there is no such folder). Give a folder that fgkd train made.
      [1]`);
  });

  test("--resume goes on from another folder, given the path", async () => {
    expect(await read(["--resume", "../runs/dadkd-1"], { at: "elsewhere" })).toBe(lines`
      loading the plugin ~/slow.mjs, which ~/runs/dadkd-1/config.json names
      Val/ is the test split: there is no test/. data.testFolders names another.
      fgkd  VERSION, preset dadkd, seed 0
      engine wasm (ITS LIBRARY)
      data  2 classes, 16 images to train on, 16 to test on
      run  ~/runs/dadkd-1, taken up in the first epoch

      teacher, high resolution  ━  1/1  acc N %  best N %  took TIME
      student alone  ━  1/1  acc N %  best N %  took TIME
      student with DADKD  ━  1/1  acc N %  best N %  took TIME

      stage  trains  input  accuracy  best  time
      teacher, high resolution  teacher  32 px  N %  N %  TIME
      student alone  baseline  32 px  N %  N %  TIME
      student with DADKD  student  32 px  N %  N %  TIME

      The run is in ~/runs/dadkd-1. Look closer with:
        npx fgkd eval ~/runs/dadkd-1
      A page about it: ~/runs/dadkd-1/report.html

      advice  SENTENCES
      [0]`);
  });

  test("there is nothing left to resume", async () => {
    expect(await read(["--resume"])).toBe(lines`
      loading the plugin ~/slow.mjs, which runs/dadkd-1/config.json names
      Val/ is the test split: there is no test/. data.testFolders names another.
      fgkd  VERSION, preset dadkd, seed 0
      engine wasm (ITS LIBRARY)
      data  2 classes, 16 images to train on, 16 to test on
      run  runs/dadkd-1 has ended already, after 3 epochs: nothing is left to train

      stage  trains  input  accuracy  best  time
      teacher, high resolution  teacher  32 px  N %  N %  TIME
      student alone  baseline  32 px  N %  N %  TIME
      student with DADKD  student  32 px  N %  N %  TIME

      The run is in runs/dadkd-1. Look closer with:
        npx fgkd eval runs/dadkd-1
      A page about it: runs/dadkd-1/report.html

      advice  SENTENCES
      [0]`);
  });

  test("a role is mistyped in evaluation", async () => {
    expect(await read(["eval", "runs/dadkd-1", "--role", "techer"])).toBe(lines`
      loading the plugin ~/slow.mjs, which runs/dadkd-1/config.json names
      FGKD_UNKNOWN_NAME no model role is registered as "techer". Registered: baseline, student, teacher. \
        Did you mean "teacher"? Name one of them with --role.
      [1]`);
  });

  test("other images are evaluated, from another folder", async () => {
    const told = await read(["eval", "../runs/dadkd-1", "--data", "../others", "--per-class"], { at: "elsewhere" });
    // What is confused, and how the calibration error is put, differs from machine to machine.
    expect(told.split("\n").slice(0, 4).join("\n")).toBe(lines`
      loading the plugin ~/slow.mjs, which ~/runs/dadkd-1/config.json names
      N % of 17 test images right: student of ~/runs/dadkd-1, engine wasm

      measure  value  95 % interval`);
    expect(told).toMatch(/^same as teacher {2}N % {2}[\d.]+ to N % {2}itself N % right$/m);
    expect(told).toMatch(/^class {2}images {2}right {2}accuracy {2}95 % interval {2}mostly taken for$/m);
    expect(told).toMatch(/^finch {2}8 {2}\d {2}N % {2}[\d.]+ to N %/m);
    expect(told).toMatch(/^wren {2}9 {2}\d {2}N % {2}[\d.]+ to N %/m);
    expect(told).toMatch(/\[0\]$/);
  });

  test("other images are of other classes", async () => {
    expect(await read(["eval", "runs/dadkd-1", "--data", "strange"])).toBe(lines`
      loading the plugin ~/slow.mjs, which runs/dadkd-1/config.json names
      FGKD_INVALID_DATA strange: has classes the model does not know (robin). \
        Give data with the classes the model was trained on.
      [1]`);
  });
});
