import { describe, expect, test } from "vitest";
import { type Config, createRun, createTraining, FgkdError, type Plugin, type Preset } from "../../../core/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import { toy, toyLoss, toySettings } from "../../support/toy.js";
import { plugin } from "../../support/trouble.js";

const preset: Preset = {
  name: "stranger",
  summary: "",
  plugins: [toy(), optimizers(), toyLoss()],
  stages: { student: { trains: "student" } },
  defaults: toySettings,
};

/** The whole message of the refusal, or that there was none. */
async function refusal(changed: object, config: Config = {}): Promise<string> {
  try {
    const run = await createRun({ preset: { ...preset, ...changed }, layers: [{ origin: "test", config }] });
    await run.close();
    return "composed";
  } catch (error) {
    expect(error).toBeInstanceOf(FgkdError);
    return (error as Error).message;
  }
}

const backbone = { name: "toy-linear" } as const;

describe("names that become file names", () => {
  test.each([
    ["../../x", "has other characters than letters"],
    ["/etc/passwd", "has other characters than letters"],
    ["..", "has other characters than letters"],
    [".hidden", "does not begin with a letter or digit"],
    ["a\0b", "has other characters than letters"],
    ["a b", "has other characters than letters"],
    ["lärm", "has other characters than letters"],
    ["", "is empty"],
    ["con", "is the name of a device on Windows"],
    ["Lpt1.best", "is the name of a device on Windows"],
    ["dot.", "ends with a dot"],
    ["r".repeat(65), "is longer than 64 characters"],
    ["valueOf", "is a word of JavaScript's own"],
    ["toString", "is a word of JavaScript's own"],
  ])("may not be %j: a role, a stage, a plugin, a plugin's state", async (name, problem) => {
    const expected = [expect.stringContaining("FGKD_INVALID_NAME"), expect.stringContaining(problem)];
    const messages = await Promise.all([
      refusal({}, { models: { [name]: { backbone } } }),
      refusal({ stages: { student: { trains: name } } }),
      refusal({ stages: { [name]: { trains: "student" } } }),
      refusal({ plugins: [...preset.plugins, plugin(name, () => {})] }),
      refusal({
        plugins: [...preset.plugins, plugin("x", ({ state }) => state.declare(name, { save: () => ({}), load() {} }))],
      }),
    ]);
    for (const message of messages) for (const part of expected) expect(message).toEqual(part);
  });

  test("may not differ by capitals only, since some file systems see none", async () => {
    expect(await refusal({}, { models: { Member: { backbone }, member: { backbone } } })).toContain(
      'FGKD_INVALID_NAME the model role "member" differs from "Member" by capitals only.',
    );
  });

  test("are as always otherwise", async () => {
    expect(await refusal({}, { models: { "member-1": { backbone }, "member_2.b": { backbone } } })).toBe("composed");
  });

  test("are shown without what would move a terminal's cursor", async () => {
    const message = await refusal({}, { models: { "\x1b[2Jgone\u202e": { backbone } } });
    expect(message).toContain("\\u{1b}[2Jgone\\u{202e}");
  });
});

describe("a preset that is none", () => {
  test.each([
    ["no name", { name: undefined }, "FGKD_INVALID_CONFIG preset: its name is undefined."],
    ["a name as long as a book", { name: "b".repeat(1e6) }, "FGKD_INVALID_CONFIG preset: its name is"],
    ["plugins that are no list", { plugins: "toy" }, "FGKD_INVALID_CONFIG preset stranger: its plugins are no list."],
    ["no stages", { stages: {} }, "preset stranger: it has no stages."],
    ["stages that are null", { stages: null }, "preset stranger: it has no stages."],
    ["a stage that is null", { stages: { student: null } }, 'stage "student" trains undefined.'],
    ["a stage's plugins that are no list", { stages: { a: { trains: "a", plugins: {} } } }, 'the plugins of stage "a"'],
    ["no defaults", { defaults: undefined }, "preset stranger: it has no defaults."],
    ["a schedule that is data", { schedule: ["student"] }, "preset stranger: its schedule is no function."],
    ["scales that are a list", { scales: [] }, "preset stranger: its scales are no object."],
    ["a number among its plugins", { plugins: [toy(), 3] }, "plugins: 3 is no plugin."],
    ["an object among its plugins", { plugins: [{ name: "x" }] }, 'plugins: {"name":"x"} is no plugin.'],
    ["a plugin without a name", { plugins: [{ apply() {} }] }, "FGKD_INVALID_NAME the plugin undefined is no text."],
  ])("is refused by what is wrong with it: %s", async (_, changed, message) => {
    const found = await refusal(changed);
    expect(found).toContain(message);
    expect(found.length).toBeLessThan(500);
  });
});

describe("a plugin that fails while it is composed is named", () => {
  const compose = (suspect: Plugin, options = {}) =>
    createTraining({ plugins: [suspect], config: { options: { suspect: options } } });

  test.each([
    ["an error", new Error("no licence"), "no licence"],
    ["a text", "no licence", "no licence"],
    ["nothing", undefined, "undefined"],
    ["an object that is no text either", Object.create(null), "it threw an object that says nothing"],
  ])("when apply throws %s", (_, thrown, said) => {
    const throwing = plugin("suspect", () => {
      throw thrown;
    });
    expect(() => compose(throwing)).toThrow(`FGKD_PLUGIN_FAILED [suspect] failed in apply (stage "student"): ${said}`);
  });

  test("when apply is asynchronous, whose taps would come too late", () => {
    const late: Plugin = { name: "suspect", apply: (async () => Promise.reject(new Error("unheard"))) as never };
    expect(() => compose(late)).toThrow(
      'FGKD_PLUGIN_FAILED [suspect] failed in apply (stage "student"): it is asynchronous.',
    );
  });

  test("when configure throws, or makes something else", () => {
    const configure = () => {
      throw new Error("no such option");
    };
    expect(() => compose({ name: "suspect", apply() {}, configure })).toThrow("[suspect] failed in configure: no such");
    expect(() => compose({ name: "suspect", apply() {}, configure: () => 3 as never })).toThrow("is no plugin");
  });

  test("when an entry that it registered throws", () => {
    const training = compose(
      plugin("suspect", ({ losses }) =>
        losses.register("broken" as never, {
          defaults: {} as never,
          create: () => {
            throw new TypeError("x is not iterable");
          },
        }),
      ),
    );
    expect(() => training.losses.choose({ name: "broken" })).toThrow(
      "FGKD_PLUGIN_FAILED [loss broken] failed in create: x is not iterable",
    );
  });
});
