// Compiles the JPEG decoder into build/jpeg.node; needs the headers of TurboJPEG and nothing from the network. Run by npm
// after an install, and by hand:
//
//     node plugins/data/images/build.mjs [--force] [--strict]
//
// Where something is missing it says so in one line and ends well, since sharp decodes the same pixels; with `--strict` it
// fails. `--force` compiles what is up to date, too.
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
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

const folder = path.dirname(fileURLToPath(import.meta.url));
const source = path.join(folder, "native", "jpeg.cc");
const output = path.join(folder, "../../../build");
const target = path.join(output, "jpeg.node");
/** What it is made of, and by. */
const made = [source, fileURLToPath(import.meta.url), path.join(folder, "../../native/build.mjs")];
const log = path.join(output, "jpeg.log");
const [strict, force] = ["--strict", "--force"].map((flag) => process.argv.includes(flag));
const remedy = isMac
  ? "xcode-select --install; brew install jpeg-turbo"
  : "apt-get install libturbojpeg0-dev g++ (or: dnf install turbojpeg-devel gcc-c++; conda install -c conda-forge libjpeg-turbo cxx-compiler)";

function build() {
  if (!force && timeOf(target) > Math.max(...made.map(timeOf))) return "up to date";
  if (isWindows) throw new BuildProblem("there is no build for Windows yet");
  mkdirSync(output, { recursive: true });
  const places = placesOf("include/turbojpeg.h", "jpeg-turbo");
  const part = `${target}.${process.pid}`;
  const flags = [...nodeFlags(), "-O2", ...places.map((place) => `-I${place}/include`), source, ...linkFlags(places)];
  try {
    // An install must come to its end.
    execFileSync(compiler, [...flags, "-lturbojpeg", "-o", part], { timeout: 300_000, stdio: "pipe" });
  } catch (error) {
    rmSync(part, { force: true });
    throw problemOf(error);
  }
  renameSync(part, target); // a process that has the old one open keeps it
  rmSync(log, { force: true });
  return "built";
}

function problemOf(error) {
  if (error.code === "ENOENT") return new BuildProblem(`there is no C++ compiler "${compiler}"`);
  const details = String(error.stderr ?? "");
  const isLacking = /turbojpeg\.h|-lturbojpeg/.test(details);
  return new BuildProblem(isLacking ? "TurboJPEG's headers are missing" : "the compiler failed on jpeg.cc", details);
}

const cure = isWindows ? "Nothing else changes" : `To decode faster: ${remedy}, then npm rebuild fgkd`;
await tellHowItEnds(build, { name: "JPEG decoder", log, otherwise: "sharp decodes", cure, strict });
