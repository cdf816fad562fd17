/**
 * Runs tfjs-core's own test suite, by which tfjs accepts its backends, against one of our engines.
 *
 *     npx tsx test/conformance/run.ts --engine wasm              the test files that touch our kernels
 *     npx tsx test/conformance/run.ts --engine wasm --all        everything
 *     npx tsx test/conformance/run.ts --engine wasm --file pool  the files whose name contains the text
 *     … --no-exclusions                                          also what is excluded, to see why
 *
 * Exits with 1 if a test fails, or if an exclusion matches none of all tests and so is out of date.
 */
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import jasmineCore from "jasmine-core";
import { bundleSpecs, listSpecs } from "./bundle.js";
import { engines } from "./engines.js";
import { selectionFor } from "./selection.js";

const { values: options } = parseArgs({
  options: {
    engine: { type: "string", default: "wasm" },
    all: { type: "boolean", default: false },
    file: { type: "string" },
    "no-exclusions": { type: "boolean", default: false },
  },
});
const engine = engines[options.engine];
if (engine === undefined) {
  console.error(`There is no engine "${options.engine}". Choose one of ${Object.keys(engines).join(", ")}.`);
  process.exit(2);
}

const selection = selectionFor(options.engine);
const specs = (await listSpecs()).filter((spec) =>
  options.file === undefined ? options.all || selection.files.includes(spec) : spec.includes(options.file),
);
const exclusions = options["no-exclusions"] ? [] : selection.exclusions;
const used = new Set<string>();

function isExcluded(name: string): boolean {
  const matching = exclusions.filter(({ test }) => new RegExp(test).test(name));
  for (const { test } of matching) used.add(test);
  return matching.length > 0;
}

await engine.start();
const file = await bundleSpecs(specs, engine);
const { jasmine, installGlobals } = jasmineCore;
installGlobals();
jasmine.DEFAULT_TIMEOUT_INTERVAL = 60_000;
const suite = jasmine.getEnv();
suite.configure({
  random: false,
  // tfjs has a few.
  forbidDuplicateNames: false,
  specFilter: (spec) => !isExcluded(spec.getFullName()),
});
createRequire(import.meta.url)(file);
await rm(dirname(file), { recursive: true });

const counts = { passed: 0, failed: 0, skipped: 0 };
const report = ({ fullName, failedExpectations }: SpecResult) => {
  const first = failedExpectations[0]?.message.split("\n")[0] ?? "";
  console.log(`FAILED ${fullName}\n       ${first.slice(0, 300)}`);
};
suite.clearReporters();
suite.addReporter({
  specDone(result) {
    if (result.status === "failed") report(result);
    if (result.status === "passed") counts.passed++;
    else if (result.status === "failed") counts.failed++;
    else counts.skipped++;
  },
  suiteDone(result) {
    if (result.failedExpectations.length === 0) return;
    counts.failed++;
    report(result);
  },
});
await suite.execute();

const unused = options.all ? exclusions.filter(({ test }) => !used.has(test)) : [];
for (const { test } of unused) console.log(`The exclusion "${test}" matches no test: remove it.`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed > 0 || counts.passed === 0 || unused.length > 0 ? 1 : 0);
