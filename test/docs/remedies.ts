/** What diagnostics and `docs/reference/errors.md` tell users to type. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { readDocument, root } from "./blocks.js";

/** A text of fgkd's that users read, and where it stands. */
export interface Told {
  readonly place: string;
  /** What is filled in at run time is `…`. */
  readonly text: string;
}

/** Every text of the source with a space in it, and every paragraph of the page of errors. */
export function toldTexts(): readonly Told[] {
  const sources = ["core", "plugins", "presets"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(folder, file)),
  );
  const page = "docs/reference/errors.md";
  const paragraphs = readDocument(page).split("\n\n");
  return [...sources.flatMap(textsOf), ...paragraphs.map((text) => ({ place: page, text }))];
}

function textsOf(file: string): readonly Told[] {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.ES2022, true);
  const texts: Told[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text?.includes(" ")) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      texts.push({ place: `${file}:${line + 1}`, text });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return texts;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("");
}

/** Every match of a pattern in what is told, by its first group. */
export function everyMatch(told: readonly Told[], pattern: RegExp): readonly (Told & { readonly match: string })[] {
  return told.flatMap(({ place, text }) =>
    [...text.matchAll(pattern)].map((found) => ({ place, text, match: found[1] as string })),
  );
}
