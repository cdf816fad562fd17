/** Remedies that are settings, and commands that show them. */
import { expect } from "vitest";
import { runProgram } from "../../../core/cli/program.js";
import { definePreset } from "../../../core/index.js";
import * as plugins from "../../../plugins/index.js";
import { problemsOf } from "../../../plugins/observers/health/problems.js";
import * as presets from "../../../presets/index.js";
import { toyPreset } from "../../core/cli/world.js";
import { fails, heard, type Situation, typed, works, worldWith, worldWithRun } from "./situation.js";

/** At paper scale days of work, from public weights that are not here. */
const published = definePreset({
  ...toyPreset,
  pretrained: ["student"],
  scales: { demo: { batchSize: 3 }, paper: { epochs: 1_000_000 } },
});

/** What is told of its length, which ends with Ctrl-C. */
async function long() {
  const world = await worldWithRun("--preset toy --epochs 1 --quiet --out earlier", {
    presets: [published],
    // Once the length has been told, which two steps are timed for.
    onLook: (look, self) => look % 40 === 0 && self.pressCtrlC(),
  });
  const err = world.err.length;
  await world.fgkd("--preset toy --scale paper --quiet");
  return { world, printed: world.err.slice(err) };
}

const health = "stages.generator.options";
const images = { spread: 50, saturated: 0, meanAbsolute: 0.4 };
const classes = { counts: [50, 50], seen: 2, largest: 0, largestShare: 50, entropy: 1 };

/** What is proposed to be set, with the value that is left to the user, is a setting of the preset that says so. */
function inRealPreset(told: string, text: string, value: string): Situation {
  return {
    told,
    async tried() {
      const { environment, ...world } = await worldWith();
      const real: Readonly<Record<string, object>> = { "fgkd/presets": presets, "fgkd/plugins": plugins };
      const load: typeof environment.load = async (name) => ({ ...(real[name] ?? (await environment.load(name))) });
      const settings = heard(told, text).match(/--set [^\s.]\S*=\w*/g) ?? [];
      expect(settings.length).toBeGreaterThan(0);
      for (const setting of settings) {
        const line = `config --preset dfkd-generator --json ${setting}${setting.endsWith("=") ? value : ""}`;
        expect(await runProgram(line.split(" "), { ...environment, load }), world.err).toBe(0);
      }
    },
  };
}

const wordsOf = (problems: ReturnType<typeof problemsOf>) => problems[0]?.words ?? "";
const attention = "stages.student.options.attention-distillation";

export const settings: readonly Situation[] = [
  {
    told: "Write, for example, --set optimizer.learningRate=0.1.",
    async tried(told) {
      const world = await worldWith();
      const said = heard(told, await fails(world, "config --preset toy --set optimizer.learningRate"));
      expect(await works(world, `config --preset toy ${typed(said, /--set \S+/)}`, said)).toMatch(
        /learningRate +0\.1 +--set/,
      );
    },
  },
  {
    told: "fgkd config lists the settings.",
    async tried(told) {
      const world = await worldWith();
      const said = heard(told, await fails(world, "--preset toy --set optimizer..learningRate=1"));
      expect(await works(world, `${typed(said, /fgkd config/)} --preset toy`)).toContain("learningRate");
    },
  },
  {
    told: "No setting does: fgkd config lists them.",
    async tried(told) {
      const deep = "[".repeat(40) + "]".repeat(40);
      const world = await worldWith();
      const said = heard(told, await fails(world, `--preset toy --set options.toy.x=${deep}`));
      expect(await works(world, `${typed(said, /fgkd config/)} --preset toy`)).toContain("epochs");
    },
  },
  {
    told: "…; fgkd config shows every setting with its value.",
    async tried(told) {
      const world = await worldWith();
      const said = heard(told, await fails(world, "--preset toy --set epochs=many"));
      expect(await works(world, `${typed(said, /fgkd config/)} --preset toy`)).toMatch(/epochs +3 /);
    },
  },
  {
    told: "preset … at … scale; change settings with --set key=value",
    async tried(told) {
      const world = await worldWith();
      const said = heard(told, await works(world, "config --preset toy"));
      const line = typed(said, /--set key=value/).replace("key=value", "epochs=17");
      expect(await works(world, `config --preset toy ${line}`)).toMatch(/epochs +17 +--set/);
    },
  },
  {
    told: "error: option '--resume' goes on with the settings of its run; leave … out, or start a new run",
    async tried(told) {
      const world = await worldWithRun();
      const said = heard(told, await fails(world, "--resume runs/toy-1 --epochs 1"));
      const flag = typed(said, /--epochs/);
      await works(world, "--resume runs/toy-1 --epochs 1".replace(new RegExp(`${flag} \\S+`), ""), said);
      await works(world, "--preset toy --epochs 1", said);
    },
  },
  {
    told: "--scale demo: small networks and images",
    async tried(told) {
      const { world, printed } = await long();
      const said = heard(told, printed);
      const again = await works(world, `--preset toy --epochs 1 --scale paper ${typed(said, /--scale demo/)}`, said);
      expect(again).not.toContain("This run will take");
    },
  },
  {
    told: "an engine on a GPU: fgkd doctor says which there are",
    async tried(told) {
      const { world, printed } = await long();
      expect(await works(world, typed(heard(told, printed), /fgkd doctor/))).toContain("tensorflow");
    },
  },
  {
    told: "…: the weights that the method starts from as published, with which far fewer --epochs do",
    async tried(told) {
      const { world, printed } = await long();
      const said = heard(told, printed);
      const weights = typed(said, /--set \S+=FILE/).replace("FILE", "earlier/models/student.safetensors");
      const again = await works(world, `--preset toy --scale paper ${weights} ${typed(said, /--epochs/)} 1`, said);
      expect(again).not.toContain("starts from public weights");
    },
  },
  {
    told: "--set models.….weights=…",
    async tried(told) {
      const { world, printed } = await long();
      const setting = heard(told, printed).replace("FILE", "earlier/models/student.safetensors");
      expect(await works(world, `config --preset toy ${setting}`)).toContain("earlier/models/student.safetensors");
    },
  },
  {
    told: "--teacher FILE: a trained teacher, so that … is passed over",
    async tried(told) {
      const { world, printed } = await long();
      const said = heard(told, printed);
      const teacher = typed(said, /--teacher FILE/).replace("FILE", "earlier/models/teacher.safetensors");
      const again = await works(world, `--preset toy --scale paper --epochs 1 ${teacher}`, said);
      expect(again).not.toMatch(/^the teacher/m);
    },
  },
  inRealPreset(
    "Try a higher weight of class balance (--set ….class-priors.balance=…), or a warm-up of the generator before the student takes part.",
    wordsOf(
      problemsOf({ counts: [500, 0], seen: 1, largest: 0, largestShare: 100, entropy: 0 }, images, ["a", "b"], health),
    ),
    "7.25",
  ),
  inRealPreset(
    "the generated images are nearly all alike: from one to the next a colour differs by … of 255 levels (standard deviation), whatever noise they are made from. Try a lower learning rate of the generator (--set …=…), or the weights of its losses under ….",
    wordsOf(problemsOf(classes, { ...images, spread: 1 }, ["a", "b"], health)),
    "0.000725",
  ),
  inRealPreset(
    "the generated images saturate: … % of their colour values are 0 or 255 (mean |x| …, at most 1), where the generator learns nothing. Try a lower learning rate (--set …=…), or a higher weight of the statistics of real images (--set ….batch-norm-statistics.weight=…).",
    wordsOf(problemsOf(classes, { ...images, saturated: 90 }, ["a", "b"], health)),
    "0.000725",
  ),
  // test/plugins/losses/attention-distillation.test.ts has them said.
  inRealPreset(
    "Train the student's alone: --set ….teacherAttention=frozen.",
    `Train the student's alone: --set ${attention}.teacherAttention=frozen.`,
    "",
  ),
  inRealPreset("Lower its weight: --set ….weight=…", `Lower its weight: --set ${attention}.weight=`, "0.5"),
];
