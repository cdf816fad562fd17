import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTraining, flattenPlugins, type Plugin, type PluginOption, type Registry } from "../../core/index.js";
import * as shipped from "../../plugins/index.js";
import * as presets from "../../presets/index.js";
import { documents, readDocument, root } from "./blocks.js";

/** Every plugin factory of `fgkd/plugins`, called without options; a parts list is not one of them. */
function everyPlugin(): readonly Plugin[] {
  const made = Object.values(shipped).flatMap((value): Plugin[] => {
    const plugin: unknown = typeof value === "function" && value.length <= 1 ? attempt(value as () => unknown) : value;
    return isPlugin(plugin) ? [plugin] : [];
  });
  return made;
}

function attempt(factory: () => unknown): unknown {
  try {
    const made = factory();
    // What is no plugin may be a promise, which misses its arguments later.
    if (made instanceof Promise) made.catch(() => {});
    return made;
  } catch {
    return undefined;
  }
}

function isPlugin(value: unknown): value is Plugin {
  return typeof value === "object" && value !== null && "name" in value && ("apply" in value || "register" in value);
}

/** Those that register the same names (a source alone, and all sources) get a training each. */
const trainings = everyPlugin().map((plugin) => createTraining({ plugins: flattenPlugins(plugin) }));

/** The cells of a page's tables, without the heads, of each table under its heading. */
function rowsUnder(page: string, heading: string | null): readonly (readonly string[])[] {
  const text = readDocument(page);
  const section = heading === null ? text : (text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "");
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows
    .filter((_, index) => index > 1)
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** By hook, who taps it when these plugins are composed. The interceptors that every hook has are no taps. */
function tapsOf(plugins: readonly Plugin[]): Readonly<Record<string, readonly string[]>> {
  const { hooks } = createTraining({ plugins });
  const entries = Object.entries(hooks) as readonly [string, { readonly taps: readonly { readonly name: string }[] }][];
  return Object.fromEntries(entries.map(([hook, { taps }]) => [hook, taps.map(({ name }) => name)]));
}

const word = (cell: string | undefined) => /`([^`]+)`/.exec(cell ?? "")?.[1] ?? cell;

describe("the reference of hooks", () => {
  const rows = rowsUnder("docs/reference/hooks.md", null).map((cells) => ({
    hook: word(cells[0]) ?? "",
    sync: cells[2],
    usedBy: cells.at(-1) ?? "",
  }));
  const { hooks } = createTraining({ plugins: [] });

  test("has a row for every hook, in the order in which they are called", () => {
    expect(rows.map(({ hook }) => hook)).toEqual(Object.keys(hooks));
  });

  test("says which are asynchronous", () => {
    const documented = Object.fromEntries(rows.map(({ hook, sync }) => [hook, sync]));
    const actual = Object.entries(hooks).map(([name, hook]) => [
      name,
      hook.constructor.name.startsWith("Async") ? "async" : "sync",
    ]);
    expect(documented).toEqual(Object.fromEntries(actual));
  });

  test("names for each a plugin that taps it", () => {
    for (const { hook, usedBy } of rows) {
      if (usedBy.startsWith("none")) continue;
      const plugin = word(usedBy)?.replace("()", "") ?? "";
      const factory = (shipped as Readonly<Record<string, unknown>>)[plugin];
      expect(factory, `${hook} names ${plugin}`).toBeTypeOf("function");
      const plugins = flattenPlugins((factory as () => PluginOption)());
      const own = plugins.map(({ name }) => name);
      expect(
        tapsOf(plugins)[hook]?.filter((name) => own.includes(name)),
        `taps of ${plugin} on ${hook}`,
      ).not.toEqual([]);
    }
  });

  test("says none for those that no plugin and no preset taps, and for no other", () => {
    const stages = Object.values(presets).flatMap(({ plugins, stages }) =>
      Object.values(stages).map((stage) => flattenPlugins([plugins, stage.plugins ?? []])),
    );
    const tapped = [...everyPlugin().map((plugin) => flattenPlugins(plugin)), ...stages].map(tapsOf);
    expect(rows.filter(({ usedBy }) => usedBy.startsWith("none")).map(({ hook }) => hook)).toEqual(
      rows.map(({ hook }) => hook).filter((hook) => tapped.every((taps) => taps[hook]?.length === 0)),
    );
  });

  test("would notice a plugin that taps nothing", () => {
    const idle: Plugin = { name: "idle", apply: () => {} };
    expect(Object.values(tapsOf([idle])).flat()).toEqual([]);
  });
});

describe("the reference of registries", () => {
  const page = "docs/reference/registries.md";
  const registries = Object.entries(createTraining({ plugins: [] })).filter(([, value]) => isRegistry(value));

  test("has a section for every registry", () => {
    const headings = [...readDocument(page).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings.filter((heading) => registries.some(([name]) => name === heading)).sort()).toEqual(
      registries.map(([name]) => name).sort(),
    );
  });

  test.each(registries.map(([name]) => name))("names every entry of %s that fgkd ships", (name) => {
    const names = new Set(
      trainings.flatMap((training) => (training[name as "losses"] as Registry<object, unknown>).names),
    );
    expect(
      rowsUnder(page, name)
        .map(([entry]) => word(entry))
        .sort(),
    ).toEqual([...names].sort());
  });

  test("shows a picture of what each transform does", () => {
    const names = new Set(trainings.flatMap((training) => training.transforms.names));
    const sections = readDocument("docs/reference/transforms.md").split(/^## /m).slice(1);
    const shown = sections.map((section) =>
      /^(\S+)\n\n!\[.+\]\(\.\.\/images\/transforms\/(\S+)\.png\)$/m.exec(section),
    );
    expect(shown.map((found) => found?.[1]).sort()).toEqual([...names].sort());
    expect(shown.map((found) => found?.[2])).toEqual(shown.map((found) => found?.[1]));
  });
});

describe("the reference of errors", () => {
  const source = ["errors.ts", "engine-errors.ts", "export-errors.ts"]
    .map((file) => readFileSync(join(root, "core/values", file), "utf8"))
    .join("\n");
  const codes = [...new Set([...source.matchAll(/"(FGKD_[A-Z_]+)"/g)].map(([, code]) => code as string))];
  const page = readDocument("docs/reference/errors.md");
  const sections = page.split(/^## /m).slice(1);

  test("has a section for every code and no other", () => {
    expect(sections.map((section) => section.split("\n")[0]).sort()).toEqual([...codes].sort());
  });

  test("has a meaning, an example and a remedy in every section", () => {
    for (const section of sections) {
      const code = section.split("\n")[0] as string;
      const example = /```text\n([\s\S]*?)\n```/.exec(section)?.[1];
      expect(example, `${code} has an example`).toBeDefined();
      expect(example?.startsWith(`${code} `), `the example of ${code} begins with it`).toBe(true);
      expect(section, `${code} says what to do`).toContain("**What to do.**");
    }
  });

  test("is about diagnostics that occur: every function of errors.ts is thrown somewhere", () => {
    const functions = [...source.matchAll(/^export function (\w+)/gm)].map(([, name]) => name as string);
    const code = ["core", "plugins", "presets"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts") && !(folder === "core" && file.endsWith("errors.ts")))
        .map((file) => readFileSync(join(root, folder, file), "utf8")),
    );
    expect(functions.filter((name) => !code.some((text) => text.includes(`${name}(`)))).toEqual([]);
  });
});

describe("the index of decisions", () => {
  const folder = "docs/decisions";
  const index = rowsUnder(`${folder}/README.md`, null);

  test("names every record by number and title, in order", () => {
    const records = readdirSync(join(root, folder)).filter((file) => /^\d{4}-.*\.md$/.test(file));
    const titles = records.map((file) => {
      const title = /^# (\d{4}) (.+)$/m.exec(readDocument(`${folder}/${file}`));
      return [`[${title?.[1]}](${file})`, title?.[2]];
    });
    expect(index).toEqual(titles);
  });

  test("has the number of a record wherever one is linked to", () => {
    const wrong = documents().flatMap((document) =>
      [...readDocument(document).matchAll(/\[(\d{4})\]\([^)]*?(\d{4})-[^)]*\)/g)]
        .filter(([, label, file]) => label !== file)
        .map(([link]) => `${document}: ${link}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe("the documentation", () => {
  const links = documents().flatMap((document) =>
    [...readDocument(document).matchAll(/\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)/g)].map(([, path, anchor]) => ({
      document,
      path: path ? join(document, "..", path) : document,
      anchor,
    })),
  );

  test("links to pages that exist", () => {
    const broken = links.filter(({ path }) => !existsSync(join(root, path)));
    expect(broken.map(({ document, path }) => `${document} → ${path}`)).toEqual([]);
  });

  test("links to headings that exist", () => {
    const broken = links.filter(({ path, anchor }) => {
      if (!anchor || !path.endsWith(".md") || !existsSync(join(root, path))) return false;
      const headings = [...readDocument(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slug(heading as string));
      return !headings.includes(anchor);
    });
    expect(broken.map(({ document, path, anchor }) => `${document} → ${path}#${anchor}`)).toEqual([]);
  });
});

/** As the place where the repository is read makes anchors of headings. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}

function isRegistry(value: unknown): boolean {
  return typeof value === "object" && value !== null && "registerClass" in value;
}
