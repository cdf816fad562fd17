import { describe, expect, test } from "vitest";
import { createTraining, definePlugin, flattenPlugins, invalidOption, type Training } from "../../../core/index.js";

const seen: object[] = [];
const gentle = definePlugin<{
  readonly weight?: number;
  readonly file?: string | null;
  readonly sides?: readonly number[];
}>({
  name: "gentle",
  defaults: { weight: 1, file: null, sides: [1, 2] },
  check({ weight }) {
    if (weight < 0) throw invalidOption("gentle", "weight", "at least 0", weight, "Try 1.");
  },
  apply: (_, options) => void seen.push(options),
});

describe("a plugin made by definePlugin", () => {
  test("has its defaults, overlaid with what is given", () => {
    expect(gentle({ weight: 2 }).options).toEqual({ weight: 2, file: null, sides: [1, 2] });
    expect(gentle({ weight: undefined }).options?.weight).toBe(1);
  });

  test("refuses a value out of range where it is listed, and where configuration overrides it", () => {
    expect(() => gentle({ weight: -1 })).toThrow(
      'FGKD_INVALID_OPTION [gentle] option "weight" must be at least 0, received -1',
    );
    const config = { options: { gentle: { weight: -1 } } };
    expect(() => createTraining({ plugins: [gentle()], config })).toThrow("FGKD_INVALID_OPTION");
  });

  test("refuses a value of another type than its default's, except where there is none", () => {
    expect(() => gentle({ weight: "2" } as never)).toThrow('option "weight" must be a number, received "2"');
    expect(() => gentle({ sides: 3 } as never)).toThrow('option "sides" must be an array, received 3');
    expect(gentle({ file: "weights.json" }).options?.file).toBe("weights.json");
  });

  test("is overridden by configuration in single options, not as a whole", () => {
    seen.length = 0;
    createTraining({ plugins: [gentle({ weight: 3 })], config: { options: { gentle: { file: "x" } } } });
    expect(seen).toEqual([{ weight: 3, file: "x", sides: [1, 2] }]);
  });

  test("may be a plain object, with nothing to override", () => {
    const applied: string[] = [];
    const plain = { name: "plain", apply: ({ stage }: Training) => void applied.push(stage) };
    createTraining({ plugins: [plain], stage: "teacher" });
    expect(applied).toEqual(["teacher"]);
  });
});

test("lists of plugins nest, and have gaps", () => {
  const [first, second] = [gentle(), gentle()];
  expect(flattenPlugins([false, first, [null, [undefined, second]], []])).toEqual([first, second]);
  expect(flattenPlugins(null)).toEqual([]);
});

test("state is declared under a name of its own", () => {
  const stateful = {
    name: "stateful",
    apply: ({ state }: Training) => state.declare("seen", { save: () => ({}), load: () => {} }),
  };
  expect(() => createTraining({ plugins: [stateful, stateful] })).toThrow(
    'FGKD_DUPLICATE_NAME a state is already registered as "seen"',
  );
});
