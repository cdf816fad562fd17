/** Remedies of commands that name what is not there: presets, plugins, engines, files of settings. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { definePlugin, definePreset } from "../../../core/index.js";
import * as presets from "../../../presets/index.js";
import { toyPreset } from "../../core/cli/world.js";
import { slowEngine } from "../../support/slow-engine.js";
import { fails, heard, install, type Situation, typed, works, worldWith, worldWithRun } from "./situation.js";

/** An engine that goes by two names, and can run here. */
const twoNames = definePlugin({
  name: "two-names",
  defaults: {},
  register({ engines }) {
    (engines.register as (name: string, entry: object) => void)("chip", {
      defaults: {},
      create: () => ({
        name: "chip",
        alsoCalled: ["gpu"],
        check: async () => ({ available: true, detail: "plain JavaScript" }),
        start: async () => {},
      }),
    });
  },
});

const withSlow = { "fgkd.config.json": '{ "plugins": ["./slow.mjs"] }', "slow.mjs": slowEngine };

const noPlugin = { "fgkd.config.json": '{ "plugins": ["wings"] }' };
const wings = 'export const wings = { name: "wings", apply() {} };';

export const starting: readonly Situation[] = [
  {
    told: "The loss fell fastest at …, and was lowest at …: higher than that is too high.… Take the first: --set stages.….optimizer.learningRate=…",
    async tried(told) {
      const world = await worldWith();
      const found = await works(world, "find-lr --preset toy --batch-size 12 --from 0.001 --to 100 --steps 51");
      const said = heard(told, found.replaceAll("\n", " "));
      await works(world, `--preset toy --quiet ${typed(said, /--set \S+$/)}`, said);
      const { stages } = JSON.parse(await readFile(join(world.cwd, "runs/toy-1/config.json"), "utf8")).resolved;
      expect(stages.student.optimizer.learningRate).toBe(Number(/fastest at ([\d.]+),/.exec(said)?.[1]));
    },
  },
  {
    told: "Add --preset dadkd, or name another: fgkd list shows them.",
    async tried(told) {
      const world = await worldWith({}, { presets: [definePreset({ ...toyPreset, name: "dadkd" })] });
      const said = heard(told, await fails(world, "train --epochs 1"));
      await works(world, `train --epochs 1 ${typed(said, /--preset \w+/)}`, said);
      const name = typed(said, /--preset \w+/).split(" ")[1];
      expect(Object.values(presets).map((preset) => preset.name)).toContain(name);
      expect(await works(world, typed(said, /fgkd list/))).toContain(name);
    },
  },
  {
    told: "\nfgkd --preset NAME is short for fgkd train --preset NAME. Try: fgkd --preset dadkd",
    async tried(told) {
      const world = await worldWith({}, { presets: [definePreset({ ...toyPreset, name: "dadkd" })] });
      const said = heard(told, await works(world, "--help"));
      expect(await works(world, typed(said, /fgkd --preset dadkd/))).toContain("runs/dadkd-1");
      const long = typed(said, /fgkd train --preset NAME/).replace("NAME", "dadkd");
      expect(await works(world, long)).toContain("runs/dadkd-2");
    },
  },
  {
    told: "Give the path of a file that exports a preset, from here, or a name of fgkd list.",
    async tried(told) {
      const world = await worldWith();
      const said = heard(told, await fails(world, "config --preset ./mine.ts"));
      const listed = await works(world, typed(said, /fgkd list/));
      const name = /presets\n +([\w-]+)/.exec(listed)?.[1];
      await works(world, `config --preset ${name}`, said);
    },
  },
  {
    told: "…If it comes from a package, install that in this project: npm install ….",
    async tried(told) {
      const world = await worldWith();
      const said = heard(told, await fails(world, "config --preset cup"));
      const name = typed(said, /npm install \S+/).replace("npm install ", "");
      await install(world, name, 'import { toy } from "fgkd/presets"; export const cup = { ...toy, name: "cup" };');
      await works(world, "config --preset cup", said);
    },
  },
  {
    told: "…Install it in this project (npm install …), or give the path of its file.",
    async tried(told) {
      const world = await worldWith(noPlugin);
      const said = heard(told, await fails(world, "config --preset toy"));
      await install(world, typed(said, /npm install [^)]+/).replace("npm install ", ""), wings);
      await works(world, "config --preset toy", said);
      const other = await worldWith({ "fgkd.config.json": '{ "plugins": ["./wings.mjs"] }', "wings.mjs": wings });
      await works(other, "config --preset toy");
    },
  },
  {
    told: "Try: --engine …….",
    async tried(told) {
      const preset = definePreset({ ...toyPreset, plugins: [toyPreset.plugins, twoNames()] });
      const world = await worldWith({}, { presets: [preset] });
      const said = heard(told, await fails(world, "--preset toy --epochs 1 --engine gpu"));
      await works(world, `--preset toy --epochs 1 ${typed(said, /--engine \S+/)}`, said);
    },
  },
  {
    told: 'left out by "auto": --engine … takes it',
    async tried(told) {
      const world = await worldWith(withSlow);
      const said = heard(told, await works(world, "doctor"));
      expect(await works(world, `--preset toy --epochs 1 ${typed(said, /--engine \S+/)}`, said)).toContain(
        "slow (a GPU",
      );
    },
  },
  {
    told: " (--engine … takes it)",
    async tried(told) {
      const world = await worldWith(withSlow);
      // No other engine has this option.
      const said = heard(told, await fails(world, "--preset toy --epochs 1 --device 1"));
      expect(await works(world, `--preset toy --epochs 1 ${typed(said, /--engine \w+/)}`)).toContain("slow (a GPU");
    },
  },
  {
    told: "It must be a number, or a part of a name: fgkd doctor has both.",
    async tried(told) {
      const world = await worldWith(withSlow);
      const said = heard(told, await fails(world, "--preset toy --engine slow --device="));
      expect(await works(world, typed(said, /fgkd doctor/))).toContain("--device 1: second");
      await works(world, "--preset toy --epochs 1 --engine slow --device 1", said);
    },
  },
  {
    told: 'engine "…" cannot run here: …. … fgkd doctor tells what was tried.',
    async tried(told) {
      const world = await worldWith();
      const said = heard(told, await fails(world, "--preset toy --engine tensorflow"));
      expect(await works(world, typed(said, /fgkd doctor/))).toContain("✘ tensorflow  its library is not here");
    },
  },
  {
    told: "cannot run here: see fgkd doctor",
    async tried(told) {
      const world = await worldWith();
      const said = heard(told, await works(world, "list"));
      expect(await works(world, typed(said, /fgkd doctor/))).toContain("cure: npm install it");
    },
  },
  {
    told: "Make it, or leave --config out.",
    async tried(told) {
      const world = await worldWith();
      const line = "config --preset toy --config mine.json";
      const said = heard(told, await fails(world, line));
      const flag = typed(said, /--config/);
      await works(world, line.replace(new RegExp(`${flag} \\S+`), ""), said);
      await works(await worldWith({ "mine.json": "{}" }), line, said);
    },
  },
  {
    told: "Name a file of settings with --config.",
    async tried(told) {
      const world = await worldWith({ "small.json": '{ "epochs": 7 }', "fgkd.config.json": " ".repeat(2 ** 25) });
      const said = heard(told, await fails(world, "config --preset toy"));
      expect(await works(world, `config --preset toy ${typed(said, /--config/)} small.json`, said)).toContain(
        "small.json",
      );
    },
  },
  {
    told: "Leave --teacher out.",
    async tried(told) {
      const alone = definePreset({
        ...toyPreset,
        name: "alone",
        stages: { student: { trains: "student", plugins: toyPreset.stages.student?.plugins ?? [] } },
        defaults: { ...toyPreset.defaults, models: { student: { backbone: { name: "toy-linear" } } } },
      });
      const world = await worldWithRun(undefined, { presets: [toyPreset, alone] });
      const line = "--preset alone --epochs 1 --teacher runs/toy-1";
      const said = heard(told, await fails(world, line));
      await works(world, line.replace(new RegExp(`${typed(said, /--teacher/)} \\S+`), ""), said);
    },
  },
  {
    told: "Check the path given with --teacher: a file of weights, or the folder of a run.",
    async tried(told) {
      const world = await worldWithRun();
      const said = heard(told, await fails(world, "--preset toy --epochs 1 --teacher runs/toy-7"));
      const flag = typed(said, /--teacher/);
      for (const teacher of ["runs/toy-1", "runs/toy-1/models/teacher.safetensors"])
        await works(world, `--preset toy --epochs 1 ${flag} ${teacher}`, said);
    },
  },
];
