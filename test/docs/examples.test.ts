import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { asModule, documents, type Example, examplesOf, root } from "./blocks.js";

/** What a user imports, and its source here. */
const faces: Readonly<Record<string, string>> = {
  fgkd: "core/index.js",
  "fgkd/layers": "plugins/layers/index.js",
  "fgkd/ops": "core/ops/index.js",
  "fgkd/pixels": "plugins/transforms/pixels/index.js",
  "fgkd/plugins": "plugins/index.js",
  "fgkd/presets": "presets/index.js",
  "fgkd/testing": "core/testing/index.js",
};

const examples = documents().flatMap(examplesOf);
/** Inside the repository, so that packages resolve; hidden, so that no other tool looks at it. */
const folder = mkdtempSync(join(dirname(fileURLToPath(import.meta.url)), ".examples-"));
const elsewhere = mkdtempSync(join(tmpdir(), "fgkd-"));
const home = process.cwd();

beforeAll(() => {
  for (const example of examples) {
    mkdirSync(dirname(pathOf(example)), { recursive: true });
    writeFileSync(pathOf(example), withSources(example));
  }
  // What an example writes belongs to nobody.
  process.chdir(elsewhere);
});

afterAll(() => {
  process.chdir(home);
  for (const temporary of [folder, elsewhere]) rmSync(temporary, { recursive: true, force: true });
});

function pathOf({ document, file }: Example): string {
  return join(folder, document.replaceAll(/[^\w]/g, "-"), file);
}

/** Line for line the same, so that what is found points into the document. */
function withSources(example: Example): string {
  const source = example.text.replaceAll(
    /(from|import|declare module|import\()(\s*)"(fgkd[^"]*)"/g,
    (all, word, space, face) => {
      const path = faces[face];
      return path ? `${word}${space}"${relative(dirname(pathOf(example)), join(root, path))}"` : all;
    },
  );
  return asModule(source);
}

test("there are examples", () => expect(examples.length).toBeGreaterThan(0));

test("every TypeScript block of the documentation compiles", () => {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const loose = { noEmit: true, noUnusedLocals: false, noUnusedParameters: false, declaration: false };
  const program = ts.createProgram(examples.map(pathOf), { ...options, ...loose });
  const problems = examples.flatMap((example) => {
    const file = program.getSourceFile(pathOf(example));
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ start = 0, messageText }) => {
        const line = example.line + (file?.getLineAndCharacterOfPosition(start).line ?? 0);
        return `${example.document}:${line} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
      },
    );
  });
  expect(problems).toEqual([]);
}, 120_000);

describe("an example that prints", () => {
  const printing = examples
    .filter(({ prints }) => prints)
    .map((example) => [`${example.document}:${example.line}`, example] as const);

  test.each(printing)(
    "%s runs, and prints what the document says",
    async (_, example) => {
      const lines: string[] = [];
      const log = vi.spyOn(console, "log").mockImplementation((...values) => void lines.push(format(...values)));
      try {
        await import(/* @vite-ignore */ pathOf(example));
      } finally {
        log.mockRestore();
      }
      expect(lines.length).toBeGreaterThan(0);
      if (example.output !== undefined) expect(lines.join("\n").trim()).toBe(example.output.trim());
    },
    120_000,
  );
});
