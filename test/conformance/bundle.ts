/** Bundles tfjs-core's test files, which are ESM syntax in a package that Node reads as CommonJS. */
import { mkdtemp, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build, type Plugin } from "esbuild";
import type { ConformanceEngine } from "./engines.js";

const require = createRequire(import.meta.url);
const dist = dirname(require.resolve("@tensorflow/tfjs-core"));

/** All test files of tfjs-core, relative to its `dist` folder, sorted. */
export async function listSpecs(): Promise<readonly string[]> {
  const files = await readdir(dist, { recursive: true });
  return files.filter((file) => file.endsWith("_test.js")).sort();
}

/**
 * Writes one CommonJS file that defines the given test files for the backend, and returns its path.
 *
 * The bundle holds its own copy of tfjs-core. Engine and kernel registry are singletons of the process, so it meets the
 * backend that the caller registered through `@tensorflow/tfjs`.
 */
export async function bundleSpecs(
  specs: readonly string[],
  { backendName, readsAtOnce: isDataSync = true }: Pick<ConformanceEngine, "backendName" | "readsAtOnce">,
): Promise<string> {
  const outfile = join(await mkdtemp(join(tmpdir(), "fgkd-conformance-")), "specs.cjs");
  const environment = { name: `test-${backendName}`, backendName, isDataSync };
  await build({
    stdin: {
      contents: ['import "fgkd:environment";', ...specs.map((spec) => `import "./${spec}";`)].join("\n"),
      resolveDir: dist,
    },
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    mainFields: ["module", "main"],
    // tfjs-core declares its test files free of side effects, and defining tests is nothing else.
    ignoreAnnotations: true,
    logLevel: "error",
    plugins: [virtual("fgkd:environment", environmentModule(environment)), virtual(jasmineInternals, jasmineStub)],
  });
  return outfile;
}

/** Imported first, since `describeWithFlags` reads the environments when a test file is loaded. */
function environmentModule(environment: object): string {
  return [
    'import "./index.js";',
    'import "./public/chained_ops/register_all_chained_ops.js";',
    'import "./register_all_gradients.js";',
    'import { setTestEnvs } from "./jasmine_util.js";',
    `setTestEnvs([${JSON.stringify(environment)}]);`,
  ].join("\n");
}

/** tfjs loads jasmine's internals only to set a default time limit; the runner sets it. */
const jasmineInternals = "jasmine-core/lib/jasmine-core/jasmine.js";
const jasmineStub = "module.exports = { core: () => ({}) };";

function virtual(specifier: string, contents: string): Plugin {
  return {
    name: `virtual ${specifier}`,
    setup(bundler) {
      const filter = new RegExp(`^${specifier.replaceAll(".", "\\.")}$`);
      bundler.onResolve({ filter }, () => ({ path: specifier, namespace: specifier, sideEffects: true }));
      bundler.onLoad({ filter: /.*/, namespace: specifier }, () => ({ contents, resolveDir: dist, loader: "js" }));
    },
  };
}
