/** The fenced blocks of the documentation, by file and line. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

interface Block {
  /** From the repository's root. */
  readonly document: string;
  /** Of the block's first line, counted from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** README.md and everything under docs. */
export function documents(): readonly string[] {
  const pages = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
  return ["README.md", ...pages.filter((page) => page.endsWith(".md")).map((page) => `docs/${page}`)]
    .filter(exists)
    .sort();
}

export function readDocument(document: string): string {
  return readFileSync(join(root, document), "utf8");
}

/** In the order in which they stand. */
export function blocksOf(document: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: {
    readonly fence: string;
    readonly language: string;
    readonly line: number;
    readonly lines: string[];
  } | null = null;
  for (const [index, line] of readDocument(document).split("\n").entries()) {
    const fence = /^(```+)(\w*)/.exec(line);
    if (open && fence?.[1] === open.fence) {
      blocks.push({ document, line: open.line, language: open.language, text: open.lines.join("\n") });
      open = null;
    } else if (open) open.lines.push(line);
    else if (fence) open = { fence: fence[1] as string, language: fence[2] ?? "", line: index + 2, lines: [] };
  }
  return blocks;
}

/** A TypeScript block, and what it prints where the document says so. */
export interface Example extends Block {
  /** The file it is in a user's project: what its first line, a comment, names. Blocks of a document import each other. */
  readonly file: string;
  readonly prints: boolean;
  readonly output?: string;
}

export function examplesOf(document: string): readonly Example[] {
  const blocks = blocksOf(document);
  return blocks.flatMap((block, index): Example[] => {
    if (block.language !== "ts") return [];
    const next = blocks[index + 1];
    return [
      {
        ...block,
        file: /^\/\/ ([\w.-]+\.ts)$/m.exec(block.text.split("\n")[0] ?? "")?.[1] ?? `line-${block.line}.ts`,
        prints: block.text.includes("console.log"),
        ...(next?.language === "text" && { output: next.text }),
      },
    ];
  });
}

/** Without an import or an export, TypeScript would take the block for a script. */
export function asModule(source: string): string {
  return /^(import|export)\b/m.test(source) ? source : `${source}\nexport {};\n`;
}

function exists(document: string): boolean {
  try {
    readDocument(document);
    return true;
  } catch {
    return false;
  }
}
