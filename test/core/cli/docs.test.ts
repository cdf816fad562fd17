import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { defaults } from "../../../core/index.js";
import { createWorld } from "./world.js";

const page = (name: string) => readFile(new URL(`../../../docs/reference/${name}.md`, import.meta.url), "utf8");
const flags = (text: string) => [...new Set(text.match(/--[a-z][a-z-]+/g) ?? [])].sort();

describe("docs/reference/cli.md", () => {
  test("names the options that the commands have, and no others", async () => {
    const world = await createWorld();
    for (const line of [
      "",
      "train --help",
      "eval --help",
      "report --help",
      "predict --help",
      "explain --help",
      "export --help",
      "calibrate --help",
      "advise --help",
      "reproduce --help",
      "sweep --help",
      "sweep status --help",
      "sweep collect --help",
      "find-lr --help",
      "config --help",
      "weights --help",
      "data --help",
    ])
      await world.fgkd(line);
    expect(flags(await page("cli"))).toEqual(flags(world.out));
  });
});

describe("docs/reference/config.md", () => {
  test("has a row for every setting", async () => {
    const leaves = (value: object, prefix = ""): string[] =>
      Object.entries(value).flatMap(([key, inner]) =>
        typeof inner === "object" && inner !== null && !Array.isArray(inner) && Object.keys(inner).length > 0
          ? leaves(inner, `${prefix}${key}.`)
          : [`${prefix}${key}`],
      );
    const text = await page("config");
    expect(leaves(defaults).filter((path) => !text.includes(`| \`${path}\``))).toEqual([]);
  });
});
