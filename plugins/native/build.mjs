// What the builds of native parts have in common: a compiler, where libraries lie, and how an install is told of what is
// missing. A build that fails is no failed install: something slower takes over, unless it is asked to be `--strict`.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { platform } from "node:os";
import path from "node:path";

const require = createRequire(import.meta.url);

export const isMac = platform() === "darwin";
export const isWindows = platform() === "win32";
export const compiler = process.env.CXX || "c++";

/** Something is not there, or fails: a sentence for people, and what the compiler said. */
export class BuildProblem extends Error {
  constructor(message, details = "") {
    super(message);
    this.details = details;
  }
}

/** For every source of an addon: Node's interface, and nothing visible but its entry. */
export function nodeFlags() {
  return [
    ...["-std=c++17", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra"],
    ...["-DNAPI_VERSION=8", "-DNODE_ADDON_API_CPP_EXCEPTIONS"],
    ...["node-addon-api", "node-api-headers"].map((name) => `-isystem${headersOf(name)}`),
  ];
}

function headersOf(name) {
  try {
    return require(name).include_dir.replaceAll('"', "");
  } catch {
    throw new BuildProblem(`the package ${name} is not installed`);
  }
}

/**
 * Where libraries lie beside the compiler's own places: an active conda environment that has `header`, Homebrew.
 *
 * @param formulas Homebrew's names
 */
export function placesOf(header, ...formulas) {
  const conda = process.env.CONDA_PREFIX;
  return [...(conda && existsSync(path.join(conda, header)) ? [conda] : []), ...brew(...formulas)];
}

function brew(...formulas) {
  if (!isMac) return [];
  return formulas.flatMap((formula) => {
    try {
      return [execFileSync("brew", ["--prefix", formula], { encoding: "utf8" }).trim()];
    } catch {
      return [];
    }
  });
}

/** How libraries are found when the addon is linked, and when it is loaded. */
export function linkFlags(places) {
  // Beside the binary: there a package for many machines has its libraries.
  const beside = isMac ? "-Wl,-rpath,@loader_path" : "-Wl,-rpath,$ORIGIN";
  const found = places.flatMap((place) => [`-L${place}/lib`, `-Wl,-rpath,${place}/lib`]);
  return ["-shared", ...(isMac ? ["-undefined", "dynamic_lookup"] : ["-Wl,--gc-sections"]), beside, ...found];
}

/** When a file changed last; 0 where there is none. */
export function timeOf(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

/**
 * Builds, and says in a line how that ended; where it failed, why is kept in `log`.
 *
 * @param build gives a word for what was done
 */
export async function tellHowItEnds(build, { name, log, otherwise, cure, strict }) {
  try {
    console.log(`${name}: ${await build()}`);
  } catch (error) {
    const reason = error instanceof BuildProblem ? error.message : `${error.code ?? "error"}: ${error.message}`;
    const details = error.details ?? error.stack;
    keep(log, `${reason}\n${details}\n`);
    if (strict) process.stderr.write(`${details}\n`);
    console.log(`${name}: not built, ${otherwise}: ${reason}. ${cure}.`);
    if (strict) process.exitCode = 1;
  }
}

function keep(log, text) {
  try {
    mkdirSync(path.dirname(log), { recursive: true });
    writeFileSync(log, text);
  } catch {
    // Where nothing can be written, the line on the terminal must do.
  }
}
