import { availableParallelism } from "node:os";
import { configDefaults, defineConfig, type Plugin } from "vitest/config";

/** Files that need a process each, and what for. Starting one and importing everything anew takes longer than most tests. */
const alone: Readonly<Record<string, string>> = {
  "test/core/watchdogs/memory.test.ts": "what the process holds grows up to a bound",
  "test/core/watchdogs/memory-trace.test.ts": "what the process holds is measured after each step",
  "test/docs/examples.test.ts": "the examples run in a folder of their own",
  "test/plugins/backbones/backbones.test.ts": "the largest networks take most of the memory that an engine can have",
  "test/plugins/engines/onednn/bf16.test.ts": "the engine's precision is that of its process",
  "test/plugins/engines/onednn/bf16-golden.test.ts": "the engine's precision is that of its process",
  "test/plugins/engines/onednn/bf16-tokens.test.ts": "the engine's precision is that of its process",
  "test/plugins/engines/onednn/blocks.test.ts": "the layout of images is that of its process",
  "test/plugins/engines/onednn/repeated-bf16.test.ts": "the engine's precision is that of its process",
  "test/plugins/engines/onednn/repeated-blocked.test.ts": "the layout of images is that of its process",
  "test/plugins/engines/onednn/transformer.test.ts": "what the engine tells of itself is asked for before it is loaded",
  "test/plugins/engines/wasm/fallback.test.ts": "the engine's memory is filled to its end",
  "test/plugins/engines/wasm/listeners.test.ts": "the engine starts for the first time, and is taken away",
};

const quick = {
  include: ["test/**/*.test.ts"],
  exclude: [...configDefaults.exclude, "test/**/*.{long,slow,gpu}.test.ts", "test/conformance/**", "test/kill/**"],
};

/** See `test/support/compiled.ts`. */
const compiledThreads: Plugin = {
  name: "compiled-threads",
  enforce: "pre",
  resolveId(source, importer) {
    const instead = new URL("support/compiled-threads.ts", import.meta.url).pathname;
    return source.endsWith("/values/thread-file.js") && importer !== instead ? instead : undefined;
  },
};

/** What the core asks for by the package's name while it runs: here the source, not what was built of it. */
const ownPlugins: Plugin = {
  name: "own-plugins",
  enforce: "pre",
  resolveId: (source) =>
    source === "fgkd/plugins" ? new URL("../plugins/index.ts", import.meta.url).pathname : undefined,
};

/** `npm test`. What takes minutes is called `*.long.test.ts` or `*.slow.test.ts`, or lies in a folder of its own. */
export default defineConfig({
  plugins: [compiledThreads, ownPlugins],
  test: {
    root: new URL("..", import.meta.url).pathname,
    testTimeout: 30_000,
    pool: "forks",
    // Left alone it keeps one core for itself, which is half of two.
    maxWorkers: availableParallelism(),
    globalSetup: ["test/support/compiled.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "alone",
          ...quick,
          include: Object.keys(alone),
          setupFiles: ["test/support/end-of-file.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "together",
          ...quick,
          exclude: [...quick.exclude, ...Object.keys(alone)],
          isolate: false,
          setupFiles: ["test/support/shared-process.ts", "test/support/end-of-file.ts"],
        },
      },
    ],
    // With `--coverage`. What threads and processes of their own execute is not seen.
    coverage: {
      provider: "v8",
      include: ["{core,plugins,presets}/**/*.ts"],
      reporter: ["text-summary", ["text", { file: "coverage.txt" }]],
      reportsDirectory: "build/coverage",
    },
  },
});
