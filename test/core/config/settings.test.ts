import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSetting } from "../../../core/cli/settings/set-option.js";
import { type Config, FgkdError, resolveConfig } from "../../../core/index.js";
import { cases } from "../../support/cases.js";

const resolve = (config: unknown) => resolveConfig(["student"], [{ origin: "file", config: config as Config }]);
const pollution = () => Object.keys(Object.getOwnPropertyDescriptors(Object.prototype)).length;

/** The code of the refusal; anything but a diagnostic fails the test. */
function outcome(work: () => unknown): string {
  try {
    work();
    return "accepted";
  } catch (error) {
    if (!(error instanceof FgkdError)) throw error;
    expect(error.message.length).toBeLessThan(2000);
    return error.code;
  }
}

function nested(depth: number, make: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = make(value);
  return value;
}

describe("settings from a stranger", () => {
  test.each([
    ['{"__proto__": {"epochs": 3}}', 'it has a key "__proto__"'],
    ['{"input": {"constructor": {"prototype": {"x": 1}}}}', 'input has a key "constructor"'],
    ['{"stages": {"__proto__": {"epochs": 3}}}', 'stages has a key "__proto__"'],
    ['{"options": {"snapmix": {"prototype": 1}}}', 'options.snapmix has a key "prototype"'],
    ['{"data": {"name": "birds", "deep": [{"__proto__": 1}]}}', 'data.deep.0 has a key "__proto__"'],
  ])("have no key of JavaScript's own: %s", (json, message) => {
    const before = pollution();
    expect(() => resolve(JSON.parse(json))).toThrow(`FGKD_INVALID_CONFIG file: ${message}, which is no setting.`);
    expect(pollution()).toBe(before);
  });

  test.each([
    ["a function", { data: { name: "x", of: () => 1 } }, "data.of is a function"],
    ["a date", { data: { name: "x", since: new Date(0) } }, "data.since is no plain object"],
    ["a typed array", { options: { x: { weights: new Float32Array(4) } } }, "options.x.weights is no plain object"],
    ["an infinity", { options: { x: { weight: Number.POSITIVE_INFINITY } } }, "options.x.weight is Infinity"],
    ["a big integer", { seed: 3n }, "seed is a bigint"],
    ["a child of another object", Object.create({ epochs: 3 }), "it is no plain object"],
    ["a text", "epochs", "it is"],
    ["a list", [1], "it is"],
  ])("are plain data, which a run folder can keep; not %s", (_, config, message) => {
    expect(() => resolve(config)).toThrow(`FGKD_INVALID_CONFIG file: ${message}`);
  });

  test("name models as files are named", () => {
    expect(() => resolve({ models: { "": {} } })).toThrow('FGKD_INVALID_NAME the model role "" is empty');
  });

  test("are not deeper or more than settings are", () => {
    expect(() => resolve(nested(1e5, (inner) => ({ a: inner })))).toThrow("lies more than 32 levels deep");
    expect(() => resolve({ data: { name: "x", a: nested(1e5, (inner) => [inner]) } })).toThrow("levels deep");
    const circle: Record<string, unknown> = {};
    circle.data = { name: "x", circle };
    expect(() => resolve(circle)).toThrow("levels deep");
    expect(() => resolve({ data: { name: "x", a: new Array(2e5).fill(0) } })).toThrow("one of more than 100000 values");
    // As YAML's aliases make them: a few lines that stand for a billion values.
    const laughs = nested(9, (inner) => [inner, inner, inner, inner, inner, inner, inner, inner, inner, inner]);
    expect(() => resolve({ data: { name: "x", laughs } })).toThrow("one of more than 100000 values");
  });

  test("ask for no picture that no memory holds", () => {
    expect(() => resolve({ input: { resize: 1e9 } })).toThrow("input.resize is 1000000000");
    expect(() => resolve({ models: { student: { input: { size: 1e6 } } } })).toThrow("models.student.input.size");
  });

  test("are quoted in part when they are long", () => {
    expect(outcome(() => resolve({ epochs: "e".repeat(1e6) }))).toBe("FGKD_INVALID_CONFIG");
    expect(outcome(() => resolve({ ["e".repeat(1e6)]: 1 }))).toBe("FGKD_UNKNOWN_OPTION");
  });

  const key = fc.oneof(
    fc.constantFrom(
      "epochs",
      "input",
      "optimizer",
      "schedule",
      "stages",
      "student",
      "data",
      "name",
      "models",
      "options",
    ),
    fc.constantFrom("__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "watchdogs", "resize"),
    fc.string(),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      fc.oneof(fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.constantFrom(null, undefined, "sgd", 16, 0.1)),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 5 }),
    ),
  }));

  test("are accepted or refused, whatever they are, and never reach a prototype", () => {
    const before = pollution();
    fc.assert(
      fc.property(fc.dictionary(key, tree, { maxKeys: 4 }), fc.boolean(), (config, fromJson) => {
        const given = fromJson ? JSON.parse(JSON.stringify(config)) : config;
        const code = outcome(() => {
          const { run, stages } = resolve(given);
          expect(Object.getPrototypeOf(run)).toBe(Object.prototype);
          expect(Object.keys(stages)).toEqual(["student"]);
          expect(JSON.parse(JSON.stringify(run)).epochs).toBeGreaterThanOrEqual(0);
        });
        expect([
          "accepted",
          "FGKD_INVALID_CONFIG",
          "FGKD_UNKNOWN_OPTION",
          "FGKD_UNKNOWN_NAME",
          "FGKD_INVALID_NAME",
        ]).toContain(code);
        expect(pollution()).toBe(before);
      }),
      cases("settings: anything"),
    );
  });

  test("that were accepted come out the same when they are laid over themselves", () => {
    const known = fc.record(
      {
        epochs: fc.nat(),
        batchSize: fc.integer({ min: 1 }),
        seed: fc.nat(),
        input: fc.record(
          { resize: fc.integer({ min: 1, max: 2 ** 14 }), flip: fc.double({ min: 0, max: 1, noNaN: true }) },
          { requiredKeys: [] },
        ),
        data: fc.record(
          { name: fc.string({ minLength: 1 }), path: fc.string(), list: fc.array(fc.integer()) },
          { requiredKeys: [] },
        ),
        options: fc.dictionary(
          fc.string().filter((name) => !["__proto__", "constructor", "prototype"].includes(name)),
          fc.dictionary(
            fc.string().filter((name) => !["__proto__", "constructor", "prototype"].includes(name)),
            fc
              .jsonValue({ maxDepth: 1 })
              .filter((value) => !/__proto__|constructor|prototype/.test(JSON.stringify(value))),
          ),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(known, (config) => {
        const once = resolve(config);
        const twice = resolveConfig(
          ["student"],
          [config, once.run].map((layer) => ({ origin: "file", config: layer as Config })),
        );
        expect(JSON.stringify(twice.run)).toBe(JSON.stringify(once.run));
      }),
      cases("settings: laid over themselves"),
    );
  });
});

describe("--set from a stranger", () => {
  test.each([
    ["a.__proto__.b=1", 'a part "__proto__"'],
    [`${"a.".repeat(1e5)}a=1`, "has more than 16 parts"],
    [`a=${"[".repeat(1e5)}${"]".repeat(1e5)}`, "levels deep"],
    ['a={"__proto__":{"b":1}}', 'has a key "__proto__"'],
    ["a=1e999", "is Infinity"],
  ])("is refused: %#", (text, message) => expect(() => parseSetting(text)).toThrow(message));

  const part = fc.oneof(fc.constantFrom("epochs", "optimizer", "__proto__", "constructor", ""), fc.string());
  const value = fc.oneof(fc.json(), fc.string(), fc.constantFrom('{"__proto__":{"x":1}}', "[[[", "1e999"));

  test("sets exactly one value at its path, or is refused", () => {
    const before = pollution();
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), value, (parts, text) => {
        const typed = `${parts.join(".")}=${text}`;
        const code = outcome(() => {
          const config: unknown = parseSetting(typed);
          const keys = typed.slice(0, typed.indexOf("=")).trim().split(".");
          const found = keys.reduce((inner, key) => {
            expect(Object.keys(inner as object)).toEqual([key]);
            return (inner as Record<string, unknown>)[key];
          }, config);
          expect(found).not.toBe(undefined);
        });
        expect(["accepted", "FGKD_INVALID_CONFIG"]).toContain(code);
        expect(pollution()).toBe(before);
      }),
      cases("--set: anything"),
    );
  });
});
