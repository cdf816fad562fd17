import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import "../../support/matchers.js";
import { createTraining, defineAugmenter, defineLoss, defineTeacher, type Settings } from "../../../core/index.js";

declare module "../../../core/index.js" {
  interface Losses {
    "lists-sum": { readonly factor?: number };
    "lists-two": { readonly weight?: number };
    "lists-before": {};
  }
  interface Augmenters {
    "lists-mark": { readonly by?: number };
  }
  interface Teachers {
    "lists-said": {};
  }
  interface Batch {
    readonly listsMark?: tf.Scalar;
  }
}

const step = { epoch: 0, index: 0, progress: 0 };
let made = 0;

const sum = defineLoss<{ readonly factor?: number }>({
  name: "lists-sum",
  defaults: { factor: 1 },
  create({ factor }) {
    made++;
    return () => tf.scalar(factor);
  },
});
const two = defineLoss<{ readonly weight?: number }>({
  name: "lists-two",
  defaults: { weight: 3 },
  create:
    ({ weight }) =>
    () => ({ first: tf.scalar(weight), second: tf.scalar(2 * weight) }),
});
const before = defineLoss({
  name: "lists-before",
  defaults: {},
  create: () => (_, __, ___, terms) => tf.scalar(Object.keys(terms).length),
});
const mark = defineAugmenter<{ readonly by?: number }>({
  name: "lists-mark",
  defaults: { by: 1 },
  create:
    ({ by }, { stream }) =>
    (batch) => ({ ...batch, indices: [...(batch.indices ?? []), by, stream.next()] }),
});
const said = defineTeacher({
  name: "lists-said",
  defaults: {},
  create: () => (batch) => ({ ...batch, indices: [...(batch.indices ?? []), -1] }),
});
const all = [sum, two, before, mark, said].map(({ registration }) => registration);

const compose = (config: Partial<Settings>) => createTraining({ plugins: all, config });

/** The terms of a stage that lists these losses, as numbers. */
function termsOf(config: Partial<Settings>): Readonly<Record<string, number>> {
  const terms = compose(config).hooks.loss.call({}, {}, {}, step);
  return Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, term.dataSync()[0] as number]));
}

beforeAll(async () => void (await tf.setBackend("cpu")));

describe("the losses that a stage lists", () => {
  test("are weighed, and reported under their names in camel case", () => {
    expect(termsOf({ losses: [{ name: "lists-sum", factor: 4, weight: 0.5 }] })).toEqual({ listsSum: 2 });
  });

  test("may be several terms, which a loss with a weight of its own weighs itself", () => {
    expect(termsOf({ losses: [{ name: "lists-two", weight: 5 }] })).toEqual({ first: 5, second: 10 });
    expect(termsOf({ losses: [{ name: "lists-two" }] })).toEqual({ first: 3, second: 6 });
  });

  test("see the terms of those before them", () => {
    expect(termsOf({ losses: [{ name: "lists-two" }, { name: "lists-before" }] })).toMatchObject({ listsBefore: 2 });
  });

  test("can stand in the list twice, when one of them names its term", () => {
    const listed = [{ name: "lists-sum" }, { name: "lists-sum", factor: 7, term: "again" }] as const;
    expect(termsOf({ losses: listed })).toEqual({ listsSum: 1, again: 7 });
    expect(() => termsOf({ losses: [{ name: "lists-sum" }, { name: "lists-sum" }] })).toThrow(
      'loss lists-sum: term "listsSum" is there already. Name it: term: "…"',
    );
  });

  test("are not even made when they weigh nothing", () => {
    made = 0;
    expect(termsOf({ losses: [{ name: "lists-sum", weight: 0 }] })).toEqual({});
    expect(made).toBe(0);
  });

  test("are told by name what they cannot be", () => {
    expect(() => compose({ losses: [{ name: "lists-sun" } as never] })).toThrow(
      'no loss is registered as "lists-sun". Registered: lists-sum, lists-two, lists-before. Did you mean "lists-sum"?',
    );
    expect(() => compose({ losses: [{ name: "lists-sum", fctor: 1 } as never] })).toThrow('has no option "fctor"');
    expect(() => compose({ losses: [{ name: "lists-sum", weight: -1 }] })).toThrow(
      'FGKD_INVALID_OPTION [loss lists-sum] option "weight" must be at least 0, received -1',
    );
  });

  test("leak no tensor beside their terms", () => {
    const { loss } = compose({ losses: [{ name: "lists-sum", weight: 0.5 }] }).hooks;
    expect(() => tf.dispose(loss.call({}, {}, {}, step) as never)).not.toLeak();
  });
});

describe("augmenters and teachers that a stage lists", () => {
  test("take their turns in the order of the lists: augmenters first, each with a random stream of its own", async () => {
    const listed = {
      augmenters: [{ name: "lists-mark" }, { name: "lists-mark", by: 2 }],
      teachers: [{ name: "lists-said" }],
    };
    const { hooks, stream } = compose(listed as Partial<Settings>);
    const { indices = [] } = await hooks.batch.promise({}, step);
    const drawn = (purpose: string) => compose({}).stream(purpose).next();
    expect(indices).toEqual([1, drawn("augmenter/lists-mark"), 2, drawn("augmenter/lists-mark-2"), -1]);
    expect(stream).toBeTypeOf("function");
  });
});

describe("what configuration says of a listed entry", () => {
  const losses = [{ name: "lists-sum", factor: 2 }, { name: "lists-two" }] as const;

  test("replaces its options by its name", () => {
    expect(termsOf({ losses, options: { "lists-sum": { factor: 9, weight: 2 } } })).toMatchObject({ listsSum: 18 });
  });

  test("leaves it out by its name, plugins alike", () => {
    expect(termsOf({ losses, without: ["lists-two"] })).toEqual({ listsSum: 2 });
    const listed = createTraining({ plugins: [sum({ factor: 2 }), two()], config: { without: ["lists-two"] } });
    expect(listed.plugins.map(({ name }) => name)).toEqual(["lists-sum"]);
  });
});

describe("an entry's definition", () => {
  test("is a plugin too, which adds the term where it is listed", () => {
    const { hooks, losses } = createTraining({ plugins: [sum({ factor: 3, weight: 2 })] });
    expect(hooks.loss.call({}, {}, {}, step).listsSum?.dataSync()[0]).toBe(6);
    expect(losses.names).toEqual(["lists-sum"]);
  });

  test("refuses options where it is listed", () => {
    expect(() => sum({ weight: Number.NaN })).toThrow('[lists-sum] option "weight" must be at least 0');
    expect(() => sum({ fctor: 1 } as never)).toThrow('[lists-sum] has no option "fctor"');
  });

  test("registers once, however often it is listed", () => {
    expect(createTraining({ plugins: [...all, sum(), sum.registration] }).losses.names).toEqual([
      "lists-sum",
      "lists-two",
      "lists-before",
    ]);
  });
});
