import "reflect-metadata";
import * as tf from "@tensorflow/tfjs";
import { container } from "tsyringe";
import { describe, expect, test } from "vitest";
import {
  createRunScope,
  createTraining,
  defaults,
  inject,
  type Logger,
  type Loss,
  type Plugin,
  RANDOM,
  type RandomStreams,
  STAGE,
} from "../../../core/index.js";

declare module "../../../core/index.js" {
  interface Losses {
    "scopes-loss": {};
  }
  interface Backbones {
    "scopes-backbone": {};
  }
}

const nothing: Loss = () => tf.scalar(0);
const backbone = { defaults: {}, create: () => ({}) as never };

/** Tells of itself, once per run and once per stage. */
const told: string[] = [];
const twofold: Plugin = {
  name: "twofold",
  register: ({ backbones }) => {
    told.push("run");
    backbones.register("scopes-backbone", backbone);
  },
  apply: ({ stage }) => void told.push(stage),
};

describe("a plugin", () => {
  test("registers once per run, and is applied in each stage", () => {
    told.length = 0;
    const scope = createRunScope([twofold, [twofold]]);
    for (const stage of ["teacher", "student"]) createTraining({ plugins: [twofold], stage, scope });
    expect(told).toEqual(["run", "teacher", "student"]);
    expect(scope.backbones.names).toEqual(["scopes-backbone"]);
  });

  test("of an older make, which registers a backbone in every stage, still gives it to the run, with a word", () => {
    const lines: string[] = [];
    const logger: Logger = { info: () => {}, warn: (line) => void lines.push(line) };
    const old: Plugin = { name: "old", apply: ({ backbones }) => backbones.register("scopes-backbone", backbone) };
    const scope = createRunScope([old], defaults, { ...createRunScope([]), logger });
    for (const stage of ["teacher", "student"]) createTraining({ plugins: [old], stage, scope });
    expect(scope.backbones.names).toEqual(["scopes-backbone"]);
    expect(lines).toEqual([
      'backbone "scopes-backbone" is registered in apply(); register it in register(run), once per run.',
    ]);
  });

  test("that takes a name of the run's is refused, whichever way it registers", () => {
    const scope = createRunScope([twofold]);
    const thief: Plugin = {
      name: "thief",
      apply: ({ backbones }) => backbones.register("scopes-backbone", { ...backbone }),
    };
    expect(() => createTraining({ plugins: [thief], scope })).toThrow("FGKD_DUPLICATE_NAME");
  });
});

describe("a stage's level", () => {
  test("sees what the run registers, and keeps a loss of its own to itself", () => {
    const scope = createRunScope([twofold]);
    const own: Plugin = {
      name: "own",
      apply: ({ losses }) => losses.register("scopes-loss", { defaults: {}, create: () => nothing }),
    };
    const [first, second] = ["first", "second"].map((stage, index) =>
      createTraining({ plugins: index === 0 ? [own] : [], stage, scope }),
    );
    expect(first?.backbones.names).toEqual(["scopes-backbone"]);
    expect([first?.losses.names, second?.losses.names, scope.losses.names]).toEqual([["scopes-loss"], [], []]);
  });

  test("injects the run's services and the stage's own name into a class that the run registered", () => {
    const stages: string[] = [];
    class Drawn {
      readonly defaults = {};
      constructor(
        @inject(RANDOM) readonly random: RandomStreams,
        @inject(STAGE) readonly stage: string,
      ) {}
      create() {
        stages.push(this.stage);
        return nothing;
      }
    }
    const scope = createRunScope([
      { name: "drawn", register: ({ losses }) => losses.registerClass("scopes-loss", Drawn) },
    ]);
    for (const stage of ["teacher", "student"])
      createTraining({ plugins: [], stage, scope, config: { losses: [{ name: "scopes-loss" }] } });
    expect(stages).toEqual(["teacher", "student"]);
  });

  test("leaves nothing in the library's global container", () => {
    createRunScope([twofold]);
    for (const token of [RANDOM, STAGE, "backbone:scopes-backbone"])
      expect(container.isRegistered(token as string, true)).toBe(false);
  });
});
