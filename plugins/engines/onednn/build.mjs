// Compiles the native engine into build/onednn.node with the system's C++ compiler; needs oneDNN's headers, OpenMP and
// nothing from the network. Run by npm after an install, by `fgkd build-engine onednn`, and by hand:
//
//     node plugins/engines/onednn/build.mjs [--force] [--strict]
//
// Where something is missing it says so in one line and ends well, since `wasm` takes over; with `--strict` it fails.
// `--force` compiles what is up to date, too. Two compilers run at a time, each for five minutes at most unless strict.
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { arch, availableParallelism } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  BuildProblem,
  compiler,
  isMac,
  isWindows,
  linkFlags,
  nodeFlags,
  placesOf,
  tellHowItEnds,
  timeOf,
} from "../../native/build.mjs";

const run = promisify(execFile);
const native = path.join(path.dirname(fileURLToPath(import.meta.url)), "native");
const root = path.join(native, "../../../..");
const output = path.join(root, "build");
const target = path.resolve(process.env.FGKD_ONEDNN_ADDON || path.join(output, "onednn.node"));
/** Why the last build failed: its first line is what `fgkd doctor` tells. */
const log = path.join(output, "onednn.log");
const [strict, force] = ["--strict", "--force"].map((flag) => process.argv.includes(flag));
const compilers = Math.min(2, availableParallelism());
/** An install must come to its end; who builds by hand can wait. */
const patience = { timeout: strict ? 0 : 300_000, maxBuffer: 1 << 24 };
const remedy = isMac
  ? "xcode-select --install; brew install onednn libomp"
  : "apt-get install libdnnl-dev g++ (or: dnf install onednn-devel gcc-c++; conda install -c conda-forge onednn cxx-compiler)";

function flagsOf() {
  return [
    ...nodeFlags(),
    ...["-O3", "-Wno-unknown-pragmas"],
    // Safe parts of fast arithmetic: NaN and infinity keep their meaning.
    ...["-fno-math-errno", "-fno-trapping-math"],
    ...(isMac ? ["-Xpreprocessor"] : []),
    "-fopenmp",
    ...places().map((place) => `-I${place}/include`),
    ...extraFlags(),
  ];
}

/** Further flags for those who keep their libraries elsewhere, or build with a sanitiser. */
function extraFlags() {
  return (process.env.FGKD_ONEDNN_FLAGS ?? "").split(" ").filter(Boolean);
}

/** Otherwise GCC moves work behind conditions, and then finds them in the way of vectorising. */
const loopFlags = ["-fno-tree-sink", "-Wno-ignored-optimization-argument"];
const wide = ["-march=x86-64-v4", "-mprefer-vector-width=512"];
/** The loops are compiled once per instruction set; the binary chooses when it starts. */
const levels =
  arch() === "x64"
    ? { baseline: [], avx2: ["-march=x86-64-v3"], avx512: wide, avx512_bf16: [...wide, "-mavx512bf16"] }
    : { baseline: [] };
/** Of an instruction set that serves few loops: which. */
const onlyFor = { avx512_bf16: ["attention_bf16.cc"] };

function places() {
  return placesOf("include/dnnl.hpp", "onednn", "libomp");
}

function filesIn(folder) {
  return readdirSync(path.join(native, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => path.join(native, folder, name));
}

/** Time of the newest of the files that every source may depend on: the scripts and the headers. */
function newestHeader() {
  const headers = ["", "loops"].flatMap(filesIn).filter((file) => !file.endsWith(".cc"));
  const scripts = [fileURLToPath(import.meta.url), path.join(root, "plugins", "native", "build.mjs")];
  return Math.max(...[...scripts, ...headers].map(timeOf));
}

/** One compilation for each source and, of the loops, each instruction set. */
function jobs(common) {
  // Objects made with other flags lie elsewhere.
  const flagsName = createHash("sha256")
    .update([compiler, ...common].join("\0"))
    .digest("hex")
    .slice(0, 12);
  const objects = path.join(output, "onednn-objects", flagsName);
  mkdirSync(objects, { recursive: true });
  const job = (source, suffix, flags) => {
    const object = path.join(objects, `${path.basename(source, ".cc")}${suffix}.o`);
    return { object, source, flags: [...common, ...flags, "-c", source, "-o"] };
  };
  const sourcesIn = (folder) => filesIn(folder).filter((file) => file.endsWith(".cc"));
  const loopsOf = (level) =>
    sourcesIn("loops").filter((source) => onlyFor[level]?.includes(path.basename(source)) ?? true);
  const dispatch = arch() === "x64" ? ["-DFGKD_X86_LEVELS"] : [];
  return [
    ...Object.entries(levels).flatMap(([level, flags]) =>
      loopsOf(level).map((source) => job(source, `-${level}`, [`-DFGKD_ISA=${level}`, ...loopFlags, ...flags])),
    ),
    ...sourcesIn("").map((source) => job(source, "", dispatch)),
  ];
}

async function compile(list) {
  const headers = newestHeader();
  const queue = list.filter(({ object, source }) => force || timeOf(object) <= Math.max(headers, timeOf(source)));
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await compileOne(next);
  };
  await Promise.all(Array.from({ length: compilers }, worker));
}

async function compileOne({ source, object, flags }) {
  // A killed compiler must not leave half an object behind that looks up to date.
  const made = `${object}.${process.pid}`;
  try {
    const { stderr } = await run(compiler, [...flags, made], patience);
    if (stderr && strict) process.stderr.write(stderr);
    renameSync(made, object);
  } catch (error) {
    rmSync(made, { force: true });
    const what = error.killed ? "took more than five minutes" : "failed";
    throw new BuildProblem(`the compiler ${what} on ${path.basename(source)}`, error.stderr);
  }
}

function link(list) {
  const libraries = ["-ldnnl", ...(isMac ? ["-lomp"] : ["-fopenmp"])];
  const made = `${target}.${process.pid}`;
  const objects = list.map(({ object }) => object);
  mkdirSync(path.dirname(target), { recursive: true });
  try {
    execFileSync(compiler, [...linkFlags(places()), ...objects, ...extraFlags(), ...libraries, "-o", made], {
      ...patience,
      stdio: "pipe",
    });
  } catch (error) {
    throw new BuildProblem("linking with oneDNN failed", String(error.stderr ?? ""));
  }
  renameSync(made, target); // a process that has the old one open keeps it
}

/** @throws BuildProblem naming what is missing */
function demandTools(common) {
  if (isWindows) throw new BuildProblem("there is no build for Windows yet");
  const probe = path.join(output, `onednn-probe-${process.pid}.cc`);
  writeFileSync(probe, "#include <dnnl.hpp>\n#include <omp.h>\nint main() { return omp_get_max_threads() < 1; }\n");
  try {
    execFileSync(compiler, [...common, "-fsyntax-only", probe], { ...patience, stdio: "pipe" });
  } catch (error) {
    if (error.code === "ENOENT") throw new BuildProblem(`there is no C++ compiler "${compiler}"`);
    const details = String(error.stderr ?? "");
    throw new BuildProblem(
      /dnnl\.hpp/.test(details) ? "oneDNN's headers are missing" : "a C++17 compiler with OpenMP is missing",
      details,
    );
  } finally {
    rmSync(probe, { force: true });
  }
}

function isUpToDate() {
  const newest = Math.max(newestHeader(), ...["", "loops"].flatMap(filesIn).map(timeOf));
  return timeOf(target) > newest;
}

async function build() {
  if (!force && isUpToDate()) return "up to date";
  mkdirSync(output, { recursive: true });
  rmSync(log, { force: true });
  const common = flagsOf();
  demandTools(common);
  const list = jobs(common);
  await compile(list);
  link(list);
  // In a project's node_modules nobody compiles twice.
  if (root.includes("node_modules")) rmSync(path.join(output, "onednn-objects"), { recursive: true, force: true });
  return "built";
}

const cure = isWindows ? "Use wasm" : `For native speed: ${remedy}, then npx fgkd build-engine onednn`;
await tellHowItEnds(build, { name: "onednn engine", log, otherwise: "wasm takes over", cure, strict });
