/** Starting threads alike from JavaScript, as the package has it, and from TypeScript, as tests do. */
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

export interface ThreadFile {
  readonly filename: string;
  readonly execArgv: readonly string[];
}

/**
 * A thread's file beside the module that starts it.
 *
 * @param name without its ending
 * @param module `import.meta.url` of that module
 */
export function threadFile(name: string, module: string): ThreadFile {
  const fromSource = module.endsWith(".ts");
  return {
    filename: fileURLToPath(new URL(`./${name}${fromSource ? ".ts" : ".js"}`, module)),
    execArgv: fromSource ? ["--import", tsxLoader()] : [],
  };
}

/** A module that makes a thread understand TypeScript; `--import tsx` alone does so for the main thread only. */
function tsxLoader(): string {
  const api = pathToFileURL(createRequire(import.meta.url).resolve("tsx/esm/api")).href.replace(/cjs$/, "mjs");
  return `data:text/javascript,import{register}from"${api}";register();`;
}
