/** Writes docs/reference/options.md: `npm run options`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./blocks.js";
import { renderOptionsPage } from "./options-page.js";

writeFileSync(join(root, "docs/reference/options.md"), renderOptionsPage());
