/** In the place of `core/values/thread-file.ts` in tests: threads start from the JavaScript that `compiled.ts` has made. */
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inject } from "vitest";
import * as original from "../../core/values/thread-file.js";

const root = new URL("../..", import.meta.url).pathname;

export function threadFile(name: string, module: string): original.ThreadFile {
  const path = relative(root, fileURLToPath(module));
  // What tests bring is not compiled.
  if (!/^(core|plugins)\//.test(path)) return original.threadFile(name, module);
  return original.threadFile(name, pathToFileURL(join(inject("compiled"), path.replace(/ts$/, "js"))).href);
}
