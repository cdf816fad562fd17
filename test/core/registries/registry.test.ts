import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, inject, type Losses, RANDOM, type RandomStreams } from "../../../core/index.js";
import { toy } from "../../support/toy.js";

declare module "../../../core/index.js" {
  interface Losses {
    constant: { readonly value?: number };
    margin: { readonly margin: number };
  }
}

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const constant = {
  defaults: { value: 2 },
  create:
    ({ value }: { value: number }) =>
    () =>
      tf.scalar(value),
};

function losses() {
  return createTraining({ plugins: [] }).losses;
}

describe("a registry", () => {
  test("makes what was registered, with defaults for what is not said", () => {
    const registry = losses();
    registry.register("constant", constant);
    const made = registry.create("constant")({}, {}, { epoch: 0, index: 0, progress: 0 }, {}) as tf.Scalar;
    expect(made.dataSync()[0]).toBe(2);
    made.dispose();
  });

  test("chooses by a line of config", () => {
    const registry = losses();
    registry.register("constant", constant);
    const choice = { name: "constant", value: 5 } as const;
    const made = registry.choose(choice)({}, {}, { epoch: 0, index: 0, progress: 0 }, {}) as tf.Scalar;
    expect(made.dataSync()[0]).toBe(5);
    made.dispose();
  });

  test("refuses a second entry of the same name", () => {
    const registry = losses();
    registry.register("constant", constant);
    expect(() => registry.register("constant", { ...constant })).toThrow(
      'FGKD_DUPLICATE_NAME a loss is already registered as "constant"',
    );
  });

  test("answers an unknown name with the known ones and the nearest", () => {
    const registry = losses();
    registry.register("constant", constant);
    expect(() => registry.create("constent" as keyof Losses, {} as never)).toThrow(
      'no loss is registered as "constent". Registered: constant. Did you mean "constant"?',
    );
  });

  test("answers an unknown option with the nearest", () => {
    const registry = losses();
    registry.register("constant", constant);
    expect(() => registry.create("constant", { vlaue: 1 } as never)).toThrow(
      '[loss constant] has no option "vlaue". Options: value. Did you mean "value"?',
    );
  });

  test("refuses an option of the wrong type, and a required one that is missing", () => {
    const registry = losses();
    registry.register("constant", constant);
    registry.register("margin", { defaults: {}, required: ["margin"], create: () => () => tf.scalar(0) });
    expect(() => registry.create("constant", { value: "two" } as never)).toThrow(
      'option "value" must be a number, received "two"',
    );
    expect(() => registry.create("margin", {} as never)).toThrow('option "margin" must be given');
  });

  test("injects services into a factory class", () => {
    class Drawn {
      readonly defaults = { value: 0 };
      constructor(@inject(RANDOM) private readonly random: RandomStreams) {}
      create() {
        const value = this.random.stream("drawn").next();
        return () => tf.scalar(value);
      }
    }
    const registry = losses();
    registry.registerClass("constant", Drawn);
    const made = registry.create("constant")({}, {}, { epoch: 0, index: 0, progress: 0 }, {}) as tf.Scalar;
    expect(made.dataSync()[0]).toBeGreaterThan(0);
    made.dispose();
  });

  test("belongs to one stage: another stage's registry knows nothing of it", () => {
    losses().register("constant", constant);
    expect(losses().names).toEqual([]);
  });
});

describe("a plugin", () => {
  test("refuses an option it does not have", () => {
    expect(() => toy({ sise: 3 } as never)).toThrow('FGKD_UNKNOWN_OPTION [toy] has no option "sise"');
  });

  test("that is listed twice is refused by the names it registers", () => {
    expect(() => createTraining({ plugins: [toy(), [false, [toy()]]] })).toThrow("FGKD_DUPLICATE_NAME");
  });
});
