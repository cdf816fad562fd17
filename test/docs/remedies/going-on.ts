/** Remedies of runs that were stopped, have failed, or are looked at: `--resume`, `--out`, `fgkd eval`. */
import { appendFileSync, chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { definePlugin, definePreset, memoryGrowth, workerFailed } from "../../../core/index.js";
import { createWorld, toyPreset, type World, type WorldOptions } from "../../core/cli/world.js";
import {
  fails,
  heard,
  put,
  resume,
  type Situation,
  typed,
  works,
  worldStoppedAt,
  worldWith,
  worldWithRun,
} from "./situation.js";
import { failsOnce, hungry, twoEngines } from "./trouble.js";

/** A world in which something happens to `runs/toy-1` while it trains its second epoch. */
async function disturbed(disturb: (run: string) => void, options: WorldOptions = {}): Promise<World> {
  const onLook = (look: number, self: World) => look === 6 && disturb(join(self.cwd, "runs/toy-1"));
  return createWorld({ ...options, onLook });
}

/** Fails, and goes on with what is proposed. */
function goesOn(told: string, failing: () => Promise<World>, cured?: (world: World) => void): Situation {
  return {
    told,
    async tried() {
      const world = await failing();
      const said = heard(told, await fails(world, "--preset toy"));
      cured?.(world);
      expect(await works(world, typed(said, /--resume( (runs)?\/\S+)?/), said)).toContain("student");
    },
  };
}

export const goingOn: readonly Situation[] = [
  {
    told: "  … --resume …",
    async tried(told) {
      const world = await worldStoppedAt(5);
      await works(world, typed(heard(told, world.out), resume));
    },
  },
  goesOn("… --resume …", async () => createWorld({ presets: [failsOnce(6, () => undefined)] })),
  goesOn(
    "what was written before is whole, and --resume goes on from there",
    () =>
      disturbed((run) => {
        renameSync(join(run, "metrics.jsonl"), join(run, "kept"));
        mkdirSync(join(run, "metrics.jsonl"));
      }),
    (world) => {
      const run = join(world.cwd, "runs/toy-1");
      rmSync(join(run, "metrics.jsonl"), { recursive: true });
      renameSync(join(run, "kept"), join(run, "metrics.jsonl"));
    },
  ),
  goesOn(
    "… was removed or moved while the run went on, so the run was stopped. It has been written anew, with a checkpoint of the last step: go on with --resume ….",
    () => disturbed((run) => rmSync(run, { recursive: true })),
  ),
  goesOn(
    "…: somebody went on with this run (…). This process ends, and has written nothing since; take the run up again with --resume ….",
    // As a process finds its run that was stopped while another one went on and ended.
    () =>
      disturbed((run) => {
        rmSync(join(run, "lock"));
        appendFileSync(join(run, "metrics.jsonl"), "\n");
      }),
  ),
  goesOn("[…] …. … The run goes on with --resume.", async () =>
    createWorld({
      presets: [failsOnce(6, () => workerFailed("source toy", "a thread died", "Look for what ended it."))],
    }),
  ),
  {
    told: "Use fewer threads (--workers) or a smaller cacheBytes.",
    async tried(told) {
      const world = await createWorld({ presets: [hungry] });
      const line = "--preset toy --epochs 1 --workers 8";
      const said = heard(told, await fails(world, line));
      await works(world, `${line} ${typed(said, /--workers/)} 1`, said);
      await works(world, `${typed(world.err, /--resume/)} ${typed(said, /--workers/)} 1`);
    },
  },
  goesOn(
    "…, in …; watchdogs.memoryLimit allows … MiB. …Something keeps what it should let go: take plugins off the list until it stays, or go on from the last checkpoint with --resume, which starts from little.",
    async () => createWorld({ presets: [failsOnce(6, () => memoryGrowth("it grew", 'stage "student"', 1))] }),
  ),
  {
    told: "--resume … begins it anew",
    async tried(told) {
      const world = await createWorld({ presets: [failsOnce(2, () => new Error("it cannot be done"))] });
      await fails(world, "--preset toy");
      const said = heard(told, await fails(world, "--resume"));
      await works(world, typed(said, resume), said);
    },
  },
  {
    told: "… is passed over: it …. To go on with it all the same, name it: --resume …",
    async tried(told) {
      const world = await worldWithRun();
      await works(world, "--preset toy --epochs 2 --quiet");
      chmodSync(join(world.cwd, "runs/toy-2"), 0o777);
      const said = heard(told, await works(world, "--resume"));
      expect(await works(world, typed(said, resume), said)).toContain("runs/toy-2 has ended already");
    },
  },
  {
    told: "Name the folder of the run: --resume RUN.",
    async tried(told) {
      const world = await worldWithRun("--preset toy --epochs 1 --quiet --out mine");
      const said = heard(told, await fails(world, "--resume"));
      await works(world, typed(said, resume).replace("RUN", "mine"), said);
    },
  },
  {
    told: "Write --engine NAME --force.",
    async tried(told) {
      const world = await worldStoppedAt(5, { presets: [twoEngines] });
      const said = heard(told, await fails(world, "--resume runs/toy-1 --set engine=cpu"));
      const words = typed(said, /--engine NAME --force/).replace("NAME", "cpu");
      expect(await works(world, `--resume runs/toy-1 ${words}`, said)).toContain("engine cpu");
    },
  },
  {
    told: "… would go on otherwise than it began: …. Restore that, start afresh with another --out, or go on with --force, at a risk: ….",
    async tried(told) {
      const world = await worldStoppedAt(5, { presets: [twoEngines] });
      const line = "--resume runs/toy-1 --engine cpu";
      const said = heard(told, await fails(world, line));
      await works(world, `--preset toy --engine cpu ${typed(said, /--out/)} another`, said);
      await works(world, `${line} ${typed(said, /--force/)}`, said);
    },
  },
  {
    told: "Continue it with --resume …, or choose another --out.",
    async tried(told) {
      const world = await worldWithRun();
      const line = "--preset toy --epochs 1 --out runs/toy-1";
      const said = heard(told, await fails(world, line));
      await works(world, typed(said, resume), said);
      await works(world, `${line} ${typed(said, /--out/)} another`, said);
    },
  },
  {
    told: "Move that elsewhere, or remove it, or choose another --out.",
    async tried(told) {
      const world = await worldWithRun();
      rmSync(join(world.cwd, "runs/toy-1/config.json"));
      const line = "--preset toy --epochs 1 --out runs/toy-1";
      const said = heard(told, await fails(world, line));
      await works(world, `${line} ${typed(said, /--out/)} another`, said);
      renameSync(join(world.cwd, "runs/toy-1"), join(world.cwd, "elsewhere"));
      await works(world, line, said);
    },
  },
  {
    told: "Give a folder that fgkd train made.",
    async tried(told) {
      const world = await worldWithRun();
      const said = heard(told, await fails(world, "eval runs"));
      await works(world, `${typed(said, /fgkd train/)} --preset toy --epochs 1 --out made`);
      await works(world, "eval made", said);
    },
  },
  ...["config.json", "manifest.json"].map(
    (file): Situation => ({
      told: `Restore ${file} from a copy, or start the run afresh with another --out.`,
      async tried(told) {
        const world = await worldWithRun();
        const path = join(world.cwd, "runs/toy-1", file);
        const copy = await readFile(path);
        writeFileSync(path, "{");
        const said = heard(told, await fails(world, "--resume runs/toy-1"));
        await works(world, `--preset toy --epochs 1 ${typed(said, /--out/)} another`, said);
        writeFileSync(path, copy);
        await works(world, "--resume runs/toy-1", said);
      },
    }),
  ),
  {
    told: "Train it first: --resume …, or name a file of weights.",
    async tried(told) {
      const world = await worldStoppedAt(5);
      rmSync(join(world.cwd, "runs/toy-1/checkpoints"), { recursive: true });
      const line = "--preset toy --epochs 1 --teacher";
      const said = heard(told, await fails(world, `${line} runs/toy-1`));
      await works(world, typed(said, resume), said);
      for (const teacher of ["runs/toy-1", "runs/toy-1/models/teacher.safetensors"])
        await works(world, `${line} ${teacher}`, said);
    },
  },
  {
    told: "it lies inside the run folder …, so whoever made that folder wrote it, and it would run with all your rights. Read it; then add --trust, or leave the run alone",
    async tried(told) {
      const world = await worldWithRun();
      await put(world, "runs/toy-1/wings.mjs", 'export const wings = { name: "wings", apply() {} };');
      const path = join(world.cwd, "runs/toy-1/config.json");
      const config = JSON.parse(await readFile(path, "utf8")) as object;
      writeFileSync(path, JSON.stringify({ ...config, plugins: [join(world.cwd, "runs/toy-1/wings.mjs")] }));
      const said = heard(told, await fails(world, "eval runs/toy-1"));
      await works(world, `eval runs/toy-1 ${typed(said, /--trust/)}`, said);
    },
  },
  {
    told: "… a folder with --out.",
    async tried(told) {
      const inTheWay = definePlugin({
        name: "in-the-way",
        defaults: {},
        // After fgkd has looked whether the folder can be made, and before it is.
        register: () => writeFileSync(join(world.cwd, "runs"), ""),
      });
      const preset = definePreset({ ...toyPreset, plugins: [toyPreset.plugins, inTheWay()] });
      const world = await createWorld({ presets: [preset] });
      const said = heard(told, await fails(world, "--preset toy --epochs 1"));
      await works(world, `--preset toy --epochs 1 ${typed(said, /--out/)} mine`, said);
    },
  },
  {
    told: "Choose a folder with --out.",
    async tried(told) {
      for (const dry of ["", "--dry-run"]) {
        const world = await worldWith({ file: "" });
        const line = `--preset toy --epochs 1 ${dry} --out ${dry ? "/proc/fgkd/run" : "file/run"}`;
        const said = heard(told, await fails(world, line));
        await works(world, `${line} ${typed(said, /--out/)} mine`, said);
      }
    },
  },
];
