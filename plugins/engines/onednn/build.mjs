// Compiles the native engine into build/onednn.node with the system's C++ compiler; needs oneDNN's headers, OpenMP and
// nothing from the network. Where something is missing it says so in one line and ends well: `wasm` takes over.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, platform } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const require = createRequire(import.meta.url);
const native = path.join(path.dirname(fileURLToPath(import.meta.url)), "native");
const root = path.join(native, "../../../..");
const output = path.join(root, "build");
const target = path.join(output, "onednn.node");
const compiler = process.env.CXX ?? "c++";
const remedy = {
  linux: "apt-get install libdnnl-dev g++ (or: dnf install onednn-devel gcc-c++, conda install onednn-devel gxx)",
  darwin: "brew install onednn libomp && xcode-select --install",
  win32: "this engine is not available on Windows",
}[platform()];

/** Extra flags for those who keep their libraries elsewhere, or build with a sanitiser. */
const extra = (process.env.FGKD_ONEDNN_FLAGS ?? "").split(" ").filter(Boolean);
const openmp = platform() === "darwin" ? ["-Xpreprocessor", "-fopenmp", ...brew("libomp")] : ["-fopenmp"];
const common = [
  ...["-std=c++17", "-O3", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-unknown-pragmas"],
  // Safe parts of fast arithmetic: NaN and infinity keep their meaning.
  ...["-fno-math-errno", "-fno-trapping-math", "-DNAPI_VERSION=8", "-DNODE_ADDON_API_CPP_EXCEPTIONS"],
  ...openmp,
  ...["node-addon-api", "node-api-headers"].map((name) => `-isystem${headersOf(name)}`),
  ...brew("onednn"),
  ...extra,
];
/** Otherwise GCC moves work behind conditions, and then finds them in the way of vectorising. */
const loopFlags = ["-fno-tree-sink", "-Wno-ignored-optimization-argument"];
/** The loops are compiled once per instruction set; the binary chooses when it starts. */
const levels =
  arch() === "x64"
    ? { baseline: [], avx2: ["-march=x86-64-v3"], avx512: ["-march=x86-64-v4", "-mprefer-vector-width=512"] }
    : { baseline: [] };

function headersOf(name) {
  return require(name).include_dir.replaceAll('"', "");
}

function brew(formula) {
  if (platform() !== "darwin") return [];
  try {
    const prefix = execFileSync("brew", ["--prefix", formula], { encoding: "utf8" }).trim();
    return [`-I${prefix}/include`, `-L${prefix}/lib`];
  } catch {
    return [];
  }
}

function sourcesIn(folder) {
  return readdirSync(path.join(native, folder))
    .filter((name) => name.endsWith(".cc"))
    .map((name) => path.join(native, folder, name));
}

function jobs() {
  const objects = path.join(output, "onednn-objects");
  mkdirSync(objects, { recursive: true });
  const job = (source, suffix, flags) => {
    const object = path.join(objects, `${path.basename(source, ".cc")}${suffix}.o`);
    return { object, source, flags: [...common, ...flags, "-c", source, "-o", object] };
  };
  const dispatch = arch() === "x64" ? ["-DFGKD_X86_LEVELS"] : [];
  return [
    ...sourcesIn(".").map((source) => job(source, "", dispatch)),
    ...Object.entries(levels).flatMap(([level, flags]) =>
      sourcesIn("loops").map((source) => job(source, `-${level}`, [`-DFGKD_ISA=${level}`, ...loopFlags, ...flags])),
    ),
  ];
}

/** Time of the newest file that the binary is made from. */
function newestSource() {
  const files = ["", "loops"].flatMap((folder) =>
    readdirSync(path.join(native, folder)).map((name) => path.join(native, folder, name)),
  );
  return Math.max(...[...files, fileURLToPath(import.meta.url)].map((file) => statSync(file).mtimeMs));
}

async function compile(list) {
  const run = promisify(execFile);
  const queue = [...list];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { stderr } = await run(compiler, next.flags, { maxBuffer: 1 << 24 });
      if (stderr) process.stderr.write(stderr);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

function link(list) {
  const linkFlags = platform() === "darwin" ? ["-undefined", "dynamic_lookup"] : ["-Wl,--gc-sections"];
  const libraries = ["-ldnnl", ...(platform() === "darwin" ? ["-lomp"] : ["-fopenmp"])];
  const made = `${target}.${process.pid}`;
  const objects = list.map(({ object }) => object);
  const paths = [...brew("onednn"), ...brew("libomp"), ...extra];
  execFileSync(compiler, ["-shared", ...linkFlags, ...objects, ...paths, ...libraries, "-o", made]);
  renameSync(made, target); // a process that has the old one open keeps it
}

/** What is missing, or undefined. */
function missing() {
  if (platform() === "win32") return "no C++ build for Windows yet";
  const probe = path.join(output, "onednn-probe.cc");
  mkdirSync(output, { recursive: true });
  writeFileSync(probe, "#include <dnnl.hpp>\n#include <omp.h>\nint main() { return omp_get_max_threads() < 1; }\n");
  try {
    execFileSync(compiler, [...common, "-fsyntax-only", probe], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    return error.code === "ENOENT" ? `no C++ compiler "${compiler}"` : "oneDNN's headers or OpenMP are missing";
  }
}

if (existsSync(target) && statSync(target).mtimeMs > newestSource() && !process.argv.includes("--force")) {
  console.log("onednn engine: up to date");
} else {
  const problem = missing();
  if (problem !== undefined) {
    console.log(`onednn engine: not built (${problem}). To have it: ${remedy}, then npm run build:onednn`);
  } else {
    try {
      const list = jobs();
      await compile(list);
      link(list);
      console.log("onednn engine: built");
    } catch (error) {
      console.log(`onednn engine: not built, the compiler failed:\n${error.stderr ?? error.message}`);
      if (process.argv.includes("--strict")) process.exitCode = 1;
    }
  }
}
