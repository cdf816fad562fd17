import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Import {
  readonly from: string;
  readonly line: number;
  /** A path from the root, or a package's name. */
  readonly to: string;
}

const files = ["core", "plugins", "presets"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file)),
);

const imports: readonly Import[] = files.flatMap((file) =>
  readFileSync(join(root, file), "utf8")
    .split("\n")
    .flatMap((text, index) => {
      const specifier = /(?:from|import|declare module|import\()\s*"([^"]+)"/.exec(text)?.[1];
      if (specifier === undefined) return [];
      const to = specifier.startsWith(".")
        ? normalize(join(dirname(file), specifier)).replace(/\.js$/, ".ts")
        : specifier;
      return [{ from: file, line: index + 1, to }];
    }),
);

function expectNone(offenders: readonly Import[]): void {
  expect(offenders.map(({ from, line, to }) => `${from}:${line} imports ${to}`)).toEqual([]);
}

const inside = (folder: string) => (path: string) => path.startsWith(`${folder}/`);
const [inCore, inPlugins, inPresets, inCli] = ["core", "plugins", "presets", "core/cli"].map(inside) as [
  (path: string) => boolean,
  (path: string) => boolean,
  (path: string) => boolean,
  (path: string) => boolean,
];
const face = new Set(["core/index.ts", "core/ops/index.ts"]);
/** What threads may have of core beside types: its face would bring a tensor library (test/plugins/data/threads.test.ts). */
const forThreads = ["core/values/storage-problems.ts", "core/watchdogs/own-time.ts"];
/** What plugins of any kind build on: layers of networks, pictures for people, and what threads do with pictures. */
const shared = ["plugins/layers/", "plugins/native/", "plugins/pictures/", "plugins/transforms/"];

describe("folders", () => {
  test("core imports no plugin and no preset", () => {
    expectNone(imports.filter(({ from, to }) => inCore(from) && (inPlugins(to) || inPresets(to))));
  });

  test("plugins import core's face and their own folder, and no preset", () => {
    expectNone(
      imports.filter(({ from, to }) => {
        if (!inPlugins(from) || from === "plugins/index.ts") return false;
        const own = from.split("/").slice(0, 2).join("/");
        const foreign = inPlugins(to) && !inside(own)(to) && !shared.some((folder) => to.startsWith(folder));
        return inPresets(to) || (inCore(to) && !face.has(to) && !forThreads.includes(to)) || foreign;
      }),
    );
  });

  test("presets import plugins and core's face", () => {
    expectNone(imports.filter(({ from, to }) => inPresets(from) && inCore(to) && !face.has(to)));
  });

  test("the command sees core's public face only", () => {
    expectNone(imports.filter(({ from, to }) => inCli(from) && inCore(to) && !inCli(to) && to !== "core/index.ts"));
  });
});

describe("libraries behind one door", () => {
  test.each([
    ["tapable", "core/lifecycle/hooks.ts"],
    ["tsyringe", "core/registries/container.ts"],
    ["reflect-metadata", "core/registries/container.ts"],
  ])("%s is imported by %s alone", (name, door) => {
    expectNone(imports.filter(({ from, to }) => to === name && from !== door));
  });

  test("only engines import backends of TensorFlow.js", () => {
    expectNone(
      imports.filter(({ from, to }) => to.startsWith("@tensorflow/tfjs-") && !inside("plugins/engines")(from)),
    );
  });
});

describe("sizes", () => {
  test("no file is longer than 300 lines", () => {
    const long = files.filter((file) => readFileSync(join(root, file), "utf8").split("\n").length > 301);
    expect(long).toEqual([]);
  });

  test("half of the files are shorter than 100 lines", () => {
    const lengths = files
      .map((file) => readFileSync(join(root, file), "utf8").split("\n").length)
      .sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(100);
  });
});

describe("training code", () => {
  test("draws no randomness and reads no clock of its own", () => {
    const offenders = files
      .filter((file) => !inCli(file) && !inside("core/testing")(file))
      .filter((file) => /Math\.random|Date\.now|new Date\(/.test(readFileSync(join(root, file), "utf8")));
    expect(offenders).toEqual([]);
  });
});
