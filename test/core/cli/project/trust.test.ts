import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { strangerIn } from "../../../../core/cli/train/own-run.js";
import { createWorld, type World } from "../world.js";

let world: World;
/** A run that has ended, made once. */
let template: string;

beforeAll(() => {
  template = mkdtempSync(join(tmpdir(), "fgkd-trust-"));
});
afterAll(() => rmSync(template, { recursive: true }));

async function putRun(path: string): Promise<void> {
  const made = join(template, "run");
  if (!existsSync(made)) expect(await world.fgkd(`--preset toy --epochs 1 --quiet --out ${made}`), world.err).toBe(0);
  await cp(made, at(path), { recursive: true });
}

const at = (...parts: string[]) => join(world.cwd, ...parts);

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(at(path)), { recursive: true });
  await writeFile(at(path), text);
}

/** A module that leaves a sign when it runs, and is a plugin. */
const code = () =>
  `import fs from "node:fs"; fs.writeFileSync(${JSON.stringify(at("ran"))}, "");
   export const it = { name: "it", apply() {} };`;

async function hasRun(): Promise<boolean> {
  return readFile(at("ran")).then(
    () => true,
    () => false,
  );
}

/** What a stranger would write into the configuration of a run. */
async function edit(change: Readonly<Record<string, unknown>>): Promise<void> {
  const config = JSON.parse(await readFile(at("run/config.json"), "utf8")) as object;
  await writeFile(at("run/config.json"), JSON.stringify({ ...config, ...change }));
}

describe("a run folder that names code", () => {
  beforeEach(async () => {
    world = await createWorld();
    await putRun("run");
    await write("run/evil.mjs", code());
  });

  const places: readonly (readonly [string, () => Promise<Readonly<Record<string, unknown>>>])[] = [
    ["a plugin in it", async () => ({ plugins: [at("run/evil.mjs")] })],
    ["a preset in it", async () => ({ preset: at("run/evil.mjs") })],
    ["one behind a way out and in", async () => ({ plugins: [at("run/../elsewhere/../run/evil.mjs")] })],
    [
      "one that a link outside leads to",
      async () => {
        await symlink(at("run/evil.mjs"), at("link.mjs"));
        return { plugins: [at("link.mjs")] };
      },
    ],
    [
      "a link in it that leads outside",
      async () => {
        await rename(at("run/evil.mjs"), at("outside.mjs"));
        await symlink(at("outside.mjs"), at("run/link.mjs"));
        return { plugins: [at("run/link.mjs")] };
      },
    ],
    [
      "a package that it brings",
      async () => {
        await write("run/node_modules/fgkd-plugin-evil/package.json", '{"type":"module","exports":"./index.js"}');
        await write("run/node_modules/fgkd-plugin-evil/index.js", code());
        return { plugins: ["evil"], from: at("run") };
      },
    ],
    [
      "a method as data, with a plugin in it",
      async () => ({
        written: {
          name: "toy",
          summary: "",
          defaults: {},
          stages: { a: { trains: "a" } },
          plugins: [at("run/evil.mjs")],
        },
      }),
    ],
    [
      "a file of settings elsewhere, which names a plugin in it",
      async () => {
        await write(
          "method.json",
          JSON.stringify({ preset: { stages: { a: { trains: "a" } }, plugins: [at("run/evil.mjs")] } }),
        );
        return { preset: at("method.json") };
      },
    ],
  ];

  test.each(places)("is refused with %s, by eval and by --resume, without a step of it", async (_, change) => {
    await edit(await change());
    for (const line of ["eval run", "--resume run"]) {
      expect(await world.fgkd(line)).not.toBe(0);
      expect(world.err).toContain("it lies inside the run folder run, so whoever made that folder wrote it");
      expect(world.err).not.toContain("loading the");
    }
    expect(await hasRun()).toBe(false);
  });

  test("runs it when it is trusted, after a line that names it", async () => {
    await edit({ plugins: [at("run/evil.mjs")] });
    expect(await world.fgkd("eval run --trust"), world.err).toBe(0);
    expect(world.err).toBe(`loading the plugin ${at("run/evil.mjs")}, which run/config.json names\n`);
    expect(await hasRun()).toBe(true);
  });

  test.each(["eval run", "--resume run --quiet"])("is told of code elsewhere before that runs: %s", async (line) => {
    await write("elsewhere.mjs", 'throw new Error("it ran");');
    await edit({ plugins: [at("elsewhere.mjs")] });
    expect(await world.fgkd(line)).toBe(1);
    expect(world.err).toMatch(
      /^loading the plugin \S+\/elsewhere\.mjs, which run\/config\.json names\nFGKD_LOAD_FAILED /,
    );
  });

  test.each(["./evil.mjs", "../evil.mjs", "run/evil.mjs", "/proc/self/cwd/evil.mjs"])(
    "is refused with the path %s, which means another file to everybody",
    async (name) => {
      await write("evil.mjs", code());
      await edit({ plugins: [name] });
      expect(await world.fgkd("eval run")).not.toBe(0);
      expect(await hasRun()).toBe(false);
    },
  );

  test("is no danger where the command stands in it", async () => {
    await write("run/.config/config.mjs", code());
    await write("run/fgkd.config.mjs", code());
    const inside = { ...world.environment, cwd: at("run") };
    const { runProgram } = await import("../../../../core/cli/program.js");
    expect(await runProgram(["eval", "."], inside), world.err).toBe(0);
    expect(await hasRun()).toBe(false);
  });
});

describe("--resume without a name", () => {
  beforeEach(async () => {
    world = await createWorld();
    for (const run of ["runs/toy-1", "runs/toy-2"]) await putRun(run);
    await utimes(at("runs/toy-1/manifest.json"), 1, 1);
  });

  const other = (process.getuid?.() ?? 0) + 1;
  const strangers = [
    ["that everybody can write", () => chmodSync(at("runs/toy-2"), 0o777), "can be written by everybody"],
    [
      "whose settings everybody can write",
      () => chmodSync(at("runs/toy-2/config.json"), 0o666),
      "can be written by everybody",
    ],
    // Only root can give a file away.
    ...(process.getuid?.() === 0
      ? ([
          ["of another user", () => chownSync(at("runs/toy-2"), other, 0), `belongs to user ${other}`],
          [
            "whose settings are another user's",
            () => chownSync(at("runs/toy-2/config.json"), other, 0),
            `belongs to user ${other}`,
          ],
          [
            "that another group can write",
            () => {
              chownSync(at("runs/toy-2"), 0, other);
              chmodSync(at("runs/toy-2"), 0o775);
            },
            `can be written by group ${other}`,
          ],
        ] as const)
      : []),
  ] as const;

  test.each(strangers)("passes a run over %s, and says so", async (_, make, problem) => {
    make();
    expect(await world.fgkd("--resume"), world.err).toBe(0);
    expect(world.out).toContain("runs/toy-1 has ended already");
    expect(world.err).toBe(
      `warning runs/toy-2 is passed over: it ${problem}. To go on with it all the same, name it: --resume runs/toy-2\n`,
    );
    await rm(at("runs/toy-1"), { recursive: true });
    expect(await world.fgkd("--resume")).toBe(1);
    expect(world.err).toContain("holds no run");
    expect(await world.fgkd("--resume runs/toy-2")).toBe(0);
  });

  test("takes one that the user's own group can write, as many systems make them", () => {
    chmodSync(at("runs/toy-2"), 0o775);
    expect(strangerIn(at("runs/toy-2"))).toBe(null);
    expect(strangerIn(at("runs/toy-2"), { user: process.getuid?.() ?? 0, group: other })).toContain("by group");
    expect(strangerIn(at("runs/toy-2"), null)).toBe(null);
  });
});
