/** No message proposes what does not exist: commands, options, settings and packages that diagnostics name. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTraining, defaults, type Registry } from "../../core/index.js";
import * as plugins from "../../plugins/index.js";
import { createWorld } from "../core/cli/world.js";
import { root } from "./blocks.js";
import { goingOn } from "./remedies/going-on.js";
import { looking } from "./remedies/looking.js";
import { notTried } from "./remedies/not-tried.js";
import { settings } from "./remedies/settings.js";
import { starting } from "./remedies/starting.js";
import { surroundings } from "./remedies/surroundings.js";
import { sweeping } from "./remedies/sweeping.js";
import { everyMatch, type Told, toldTexts } from "./remedies.js";

const told = toldTexts();
const situations = [...starting, ...settings, ...goingOn, ...looking, ...surroundings, ...sweeping];
const commands = [
  "train",
  "eval",
  "report",
  "predict",
  "explain",
  "export",
  "calibrate",
  "find-lr",
  "reproduce",
  "sweep",
  "advise",
  "list",
  "config",
  "weights",
  "data",
  "doctor",
  "build-engine",
] as const;
/** What fgkd does or is, in a sentence; whatever else follows its name is taken for a command. */
const verbs =
  /^(brings|could|depends|does|gives|has|is|keeps|knows|reads|says|sets|that|to|who|will|writes|wrote|ships|and|itself)$/;
/** Options of other programs. */
const foreign = [
  "--max-old-space-size",
  "--expose-gc",
  "--import",
  "--strict",
  "--requeue",
  "--dependency",
  "--parsable",
];

const optionsIn = (text: string): readonly string[] => text.match(/--[a-z][a-z-]+/g) ?? [];
const placesOf = (found: readonly Told[]) => found.map(({ place, text }) => `${place}: ${text.slice(0, 160)}`);

describe("the commands that messages name", () => {
  /** What each command's help says, by its name; and all of it. */
  async function helpPages() {
    const world = await createWorld();
    const pages: (readonly [string, readonly string[]])[] = [];
    for (const command of commands) {
      const before = world.out.length;
      await world.fgkd(`${command} --help`);
      pages.push([command, optionsIn(world.out.slice(before))]);
    }
    await world.fgkd("--help");
    const all = optionsIn(world.out);
    return { options: Object.fromEntries(pages), all, help: world.out };
  }

  test("are commands of fgkd", () => {
    const named = everyMatch(told, /(?:^|[\s`(])fgkd ([a-z][a-z-]*)/g).filter(({ match }) => !verbs.test(match));
    expect(named.length).toBeGreaterThan(20);
    expect(placesOf(named.filter(({ match }) => !(commands as readonly string[]).includes(match)))).toEqual([]);
  });

  test("have the options that are named", async () => {
    const { all } = await helpPages();
    const named = everyMatch(told, /(?:^|[\s`(";=])(--[a-z][a-z-]+)/g).filter(({ match }) => !foreign.includes(match));
    expect(named.length).toBeGreaterThan(40);
    expect(placesOf(named.filter(({ match }) => !all.includes(match)))).toEqual([]);
  });

  test("have them themselves, where an option stands beside its command", async () => {
    const { options } = await helpPages();
    const lines = everyMatch(
      told,
      /(?:^|[\s`(])fgkd ((?:train|eval|predict|explain|list|config|weights|doctor|build-engine)\b[^`.;,]*)/g,
    );
    const wrong = lines.filter(({ match }) => {
      const [command = "", ...words] = match.split(/\s+/);
      const flags = words.filter((word) => word.startsWith("--")).map((word) => word.replace(/[^a-z-].*$/, ""));
      return flags.some((flag) => !options[command]?.includes(flag));
    });
    expect(placesOf(wrong)).toEqual([]);
  });

  test("take the values that are named with them", async () => {
    const { help } = await helpPages();
    const entries = help.split(/\n +(?=-)/).map((entry) => entry.replaceAll(/\s+/g, " "));
    const choices = new Map(
      entries.flatMap((entry) => {
        const [, flag, values] = /(--[a-z-]+) <[a-z]+>.*\(choices: ((?:"[^"]+"(?:, )?)+)/.exec(entry) ?? [];
        return flag && values ? [[flag, [...values.matchAll(/"([^"]+)"/g)].map(([, value]) => value as string)]] : [];
      }),
    );
    expect([...choices.keys()]).toEqual(expect.arrayContaining(["--scale", "--on-bad-image", "--split"]));
    for (const [flag, values] of choices) {
      const named = everyMatch(told, new RegExp(`${flag} ([a-z\\d]+)`, "g"));
      // "--on-bad-image skip to train without it" names a value; "--scale, or" does not.
      expect(placesOf(named.filter(({ match }) => !values.includes(match)))).toEqual([]);
    }
  });

  test("are typed where they are told, as test/docs/remedies says, or there is a reason why not", async () => {
    const command =
      /(?<![\w-])--[a-z][a-z-]+|(?:^|[\s`(])fgkd (?:train|eval|list|config|doctor|build-engine)\b|npm install|apt-get|brew install|ulimit/;
    // What an option is for stands in the help, and is no remedy.
    const help = (await helpPages()).help.replaceAll(/\s+/g, " ");
    const isHelp = ({ place, text }: Told) =>
      place.startsWith("core/cli/") && help.includes(text.replaceAll(/\s+/g, " ")) && !/Try:|error:/.test(text);
    const said = told.filter((one) => command.test(one.text) && !one.place.startsWith("docs/") && !isHelp(one));
    const known = [...situations.map((one) => one.told), ...Object.values(notTried).flat()];
    expect(said.length).toBeGreaterThan(60);
    expect(placesOf(said.filter(({ text }) => !known.includes(text)))).toEqual([]);
    // A message that has changed is no longer the one that was tried.
    expect(known.filter((text) => !told.some((one) => one.text === text))).toEqual([]);
  });
});

describe("the settings that messages name", () => {
  const { sources, optimizers, schedules, engines } = createTraining({
    plugins: [plugins.catalogue()].flat(9) as never,
  });
  const leaves = (value: object, prefix: string): string[] =>
    Object.entries(value).flatMap(([key, inner]) => [
      `${prefix}${key}`,
      ...(typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? leaves(inner, `${prefix}${key}.`)
        : []),
    ]);
  const optionsOf = (key: string, { names, optionsOf }: Pick<Registry<object, unknown>, "names" | "optionsOf">) =>
    names.flatMap((name) => optionsOf(name).map((option) => `${key}.${option}`));
  const model = [
    "backbone",
    "weights",
    "strict",
    "input",
    "input.size",
    "input.crop",
    "input.interpolation",
    "input.mean",
  ];
  const known = new Set([
    ...leaves(defaults, ""),
    ...["data.name", "input.transforms", "input.transforms.train", "input.transforms.test"],
    ...optionsOf("data", sources),
    ...optionsOf("optimizer", optimizers),
    ...optionsOf("optimizer.schedule", schedules),
    ...optionsOf("engine", engines),
    ...[...model, "input.deviation", "backbone.name"].map((key) => `models.*.${key}`),
  ]);
  const first = "watchdogs|checkpoints|evaluation|optimizer|models|engine";
  const path = String.raw`(?:\.(?:<\w+>|[\w*…-]+))+`;

  test("exist", () => {
    const settings = everyMatch(told, new RegExp(String.raw`(?<![\w./}-])((?:${first}|data|input)${path})`, "g")).map(
      (found) => ({ ...found, match: found.match.replace(/^models\.[^.]+/, "models.*").replace(/[.…]+$/, "") }),
    );
    // What is filled in at run time cannot be looked up; a file is no setting.
    const named = settings.filter(
      ({ match }) => match.includes(".") && !match.includes("…") && !/\.(ts|js|json)$/.test(match),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(placesOf(named.filter(({ match }) => !known.has(match) && match !== "models.*"))).toEqual([]);
  });
});

describe("the packages that messages name", () => {
  const about = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >;

  test("are fgkd's own dependencies or peers", () => {
    const named = everyMatch(told, /npm install ((?:@[\w-]+\/)?[\w-]+)/g).filter(({ match }) => match !== "it");
    const known = [...Object.keys(about.dependencies ?? {}), ...Object.keys(about.peerDependencies ?? {}), "fgkd"];
    expect(named.length).toBeGreaterThan(1);
    expect(placesOf(named.filter(({ match }) => !known.includes(match)))).toEqual([]);
  });
});
