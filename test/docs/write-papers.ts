/** Writes the published tables into docs/papers/*.md: `npm run papers`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDocument, root } from "./blocks.js";
import { presetsWithTables, readReproduced, withTables } from "./paper-tables.js";

const found = readReproduced();
for (const preset of presetsWithTables) {
  const page = `docs/papers/${preset.name}.md`;
  writeFileSync(join(root, page), withTables(readDocument(page), preset, found));
}
