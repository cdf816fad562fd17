/**
 * The suites of the native engine under every set of instructions that this machine has, so that what passes here passes
 * on older machines: the library is held down by `ONEDNN_MAX_CPU_ISA`, fgkd's own loops by `FGKD_MAX_CPU_ISA`.
 *
 *     npx tsx test/conformance/instruction-sets.ts              the sets below this machine's own, which all suites use
 *     npx tsx test/conformance/instruction-sets.ts --list       which they are
 *     npx tsx test/conformance/instruction-sets.ts --isa avx2   one of them
 *
 * Exits with 1 if a suite fails, or if the engine cannot run.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** What the library and the loops are held down to. */
interface InstructionSet {
  readonly name: string;
  readonly library: string;
  readonly loops: string;
}

/**
 * From old to new. The sets above these compute float32 as the last does; what they add is for integers and for bf16, whose
 * own suites hold the loops down.
 */
const known: readonly InstructionSet[] = [
  { name: "sse41", library: "SSE41", loops: "baseline" },
  { name: "avx", library: "AVX", loops: "baseline" },
  { name: "avx2", library: "AVX2", loops: "avx2" },
  { name: "avx512", library: "AVX512_CORE", loops: "avx512" },
];

/** Where native kernels are compared with definitions, with PyTorch's values and with the other engines. */
const suites = [
  ...[
    "attention",
    "batch-norm",
    "convolution",
    "depthwise",
    "elementwise",
    "layer-norm",
    "layout",
    "mat-mul",
    "pointwise",
  ],
  ...["pooling", "reduction", "resample", "transformer", "winograd"],
].map((name) => `test/plugins/engines/onednn/${name}.test.ts`);
const golden = ["test/plugins/backbones", "test/core/ops"];

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values: options } = parseArgs({
  options: { isa: { type: "string" }, list: { type: "boolean", default: false } },
});

function variablesOf({ library, loops }: InstructionSet): NodeJS.ProcessEnv {
  // Of the tests that run on every engine only those on this one depend on the instructions.
  return { ONEDNN_MAX_CPU_ISA: library, FGKD_MAX_CPU_ISA: loops, FGKD_TEST_ENGINES: "onednn" };
}

/** What the engine says it uses, held down to a set or left alone. */
function used(variables: NodeJS.ProcessEnv): string {
  const script =
    'const { loadAddon } = await import("./plugins/engines/onednn/addon.ts"); const d = loadAddon().describe();';
  const print = "process.stdout.write(d.instructionSet + ' with loops for ' + d.loops);";
  return execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script + print], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, ...variables },
  });
}

/** The sets that hold something down here; asking for more than the machine has gives what it has. */
function lowerSets(): readonly InstructionSet[] {
  const own = used({ ONEDNN_MAX_CPU_ISA: "", FGKD_MAX_CPU_ISA: "" });
  const seen = new Set([own, own.replace(/^avx512_core\w*/, "avx512_core").replace("avx512_bf16", "avx512")]);
  return known.filter((set) => {
    const here = used(variablesOf(set));
    return !seen.has(here) && seen.add(here);
  });
}

function passes(set: InstructionSet, command: readonly string[]): boolean {
  const env = { ...process.env, ...variablesOf(set) };
  return spawnSync(process.execPath, command, { cwd: root, env, stdio: "inherit" }).status === 0;
}

const lower = lowerSets();
if (options.list) {
  for (const set of lower) console.log(`${set.name}: ${used(variablesOf(set))}`);
  process.exit(0);
}
const chosen = options.isa === undefined ? lower : known.filter(({ name }) => name === options.isa);
if (options.isa !== undefined && chosen.length === 0) {
  console.error(`There is no "${options.isa}". Choose one of ${known.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}
const failed = chosen.filter((set) => {
  console.log(`\n${set.name}: ${used(variablesOf(set))}`);
  const vitest = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--config",
    "test/conformance/vitest.config.ts",
    "--reporter=dot",
    "--silent=true",
  ];
  const tested = passes(set, [...vitest, ...suites, ...golden]);
  const conforms = passes(set, ["--import", "tsx", "test/conformance/run.ts", "--engine", "onednn"]);
  return !(tested && conforms);
});
console.log(`${chosen.length - failed.length} of ${chosen.length} instruction sets pass`);
for (const { name } of failed) console.log(`FAILED ${name}`);
process.exit(failed.length > 0 ? 1 : 0);
