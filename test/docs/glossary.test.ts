import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { readDocument, root } from "./blocks.js";

interface Row {
  readonly concept: string;
  readonly line: string;
  readonly types: readonly string[];
}

const rows: readonly Row[] = readDocument("docs/reference/glossary.md")
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .slice(2)
  .map((row) => {
    const [concept = "", line = "", types = ""] = row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    return { concept, line, types: [...types.matchAll(/`(\w+)`/g)].map(([, name]) => name as string) };
  });

/** Interfaces, types and classes that a module declares and exports itself. */
function declaredIn(file: string): readonly string[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022);
  return source.statements.flatMap((statement) =>
    (ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isClassDeclaration(statement)) &&
    statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
      ? [statement.name?.text ?? ""]
      : [],
  );
}

/** Interfaces, types and classes that are exported by a module which re-exports others. */
function exportedBy(face: string): readonly string[] {
  const source = ts.createSourceFile(face, readFileSync(face, "utf8"), ts.ScriptTarget.ES2022);
  return source.statements.filter(ts.isExportDeclaration).flatMap(({ exportClause, moduleSpecifier, isTypeOnly }) => {
    if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier)) return [];
    const declared = declaredIn(join(dirname(face), moduleSpecifier.text.replace(/\.js$/, ".ts")));
    if (!exportClause) return declared;
    if (!ts.isNamedExports(exportClause)) return [];
    return exportClause.elements
      .filter(
        (element) => isTypeOnly || element.isTypeOnly || declared.includes((element.propertyName ?? element.name).text),
      )
      .map(({ name }) => name.text);
  });
}

describe("the glossary", () => {
  const exported = exportedBy(join(root, "core/index.ts"));
  const listed = rows.flatMap(({ types }) => types);

  test("reads what fgkd exports", () => {
    expect(exported).toEqual(expect.arrayContaining(["Batch", "Parameters", "FgkdError", "Backbones", "Scale"]));
  });

  test("has at most 30 concepts, each once and in one line", () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.length).toBeLessThanOrEqual(30);
    expect(new Set(rows.map(({ concept }) => concept)).size).toBe(rows.length);
    for (const { concept, line } of rows) expect(line.length, concept).toBeLessThanOrEqual(160);
  });

  test("gives every exported type to a concept", () => {
    expect(exported.filter((name) => !listed.includes(name))).toEqual([]);
  });

  test("lists no type that is not exported, and none twice", () => {
    expect(listed.filter((name, index) => !exported.includes(name) || listed.indexOf(name) !== index)).toEqual([]);
  });

  test("is linked from the README", () => {
    expect(readDocument("README.md")).toContain("(docs/reference/glossary.md)");
  });
});
