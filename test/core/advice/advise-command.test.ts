/** Advice on runs made for it: what is true is said, what is not is not, and what is proposed can be typed. */
import { describe, expect, test } from "vitest";
import type { Advice } from "../../../core/index.js";
import { createWorld, type World } from "../cli/world.js";
import { single, taught } from "./points.js";

const presets = [taught, single];

/** Trains, and lets fgkd advise on the run. @returns what is advised, by what it is about */
async function advised(line: string, world?: World): Promise<ReadonlyMap<Advice["about"], string>> {
  const own = world ?? (await createWorld({ presets }));
  expect(await own.fgkd(`${line} --quiet --out run --set report=false`), own.err).toBe(0);
  return adviceOf(own, "run");
}

async function adviceOf(world: World, words: string): Promise<ReadonlyMap<Advice["about"], string>> {
  const before = world.out.length;
  expect(await world.fgkd(`advise ${words} --json`), world.err).toBe(0);
  const { advice } = JSON.parse(world.out.slice(before)) as { readonly advice: readonly Advice[] };
  return new Map(advice.map(({ about, text }) => [about, text]));
}

/** Teacher and student alone are as good, and so is the taught student. */
const fair = "--preset taught --set data.noise=4";

describe("the teacher is weaker than the student alone", () => {
  test.each([
    ["sees an eighth of each picture", "--preset taught --set models.teacher.backbone.sees=6"],
    [
      "has learnt wrong labels",
      "--preset taught --set stages.teacher.data.name=points --set stages.teacher.data.wrong=0.9",
    ],
    [
      "was trained for an epoch at a tiny rate",
      "--preset taught --set stages.teacher.epochs=1 --set stages.teacher.optimizer.learningRate=1e-6",
    ],
  ])("is said where it %s", async (_, line) => {
    const advice = await advised(line);
    expect(advice.get("weak-teacher")).toMatch(
      /“the teacher” gets \d+\.\d % of 200 test images right, “student alone” \d+\.\d % \(−/,
    );
    expect(advice.get("distillation-hurts")).toMatch(/“student with teacher” gets .* go without the teacher/);
  });

  test.each([
    ["is as good", fair],
    [
      "is better",
      `${fair} --set stages.baseline.optimizer.learningRate=0.0001 --set stages.student.optimizer.learningRate=0.0001`,
    ],
    ["is a little worse, as chance may have it", `${fair} --set models.teacher.backbone.sees=42`],
  ])("is not said where it %s", async (_, line) => {
    const advice = await advised(line);
    expect(advice.has("weak-teacher"), advice.get("weak-teacher")).toBe(false);
    expect(advice.has("distillation-hurts"), advice.get("distillation-hurts")).toBe(false);
  });

  test("is not said where no student is alone, which another run may bring", async () => {
    const world = await createWorld({ presets });
    const weak = "--set models.teacher.backbone.sees=6";
    expect([...(await advised(`--preset taught ${weak} --set stages.baseline.enabled=false`, world)).keys()]).toEqual(
      [],
    );
    expect(await world.fgkd("--preset single --quiet --out alone --set report=false"), world.err).toBe(0);
    const advice = await adviceOf(world, "run alone");
    expect(advice.get("weak-teacher")).toContain("“run: the teacher” gets");
    expect(advice.get("weak-teacher")).toContain("“alone: the student” 100.0 %");
  });
});
