import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** `npm test`. What takes minutes is called `*.long.test.ts` or `*.slow.test.ts`, or lies in a folder of its own. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    exclude: ["test/**/*.{long,slow}.test.ts", "test/conformance/**", "test/kill/**"],
    testTimeout: 30_000,
    pool: "forks",
    // Left alone it keeps one core for itself, which is half of two.
    maxWorkers: availableParallelism(),
    // With `--coverage`. What threads and processes of their own execute is not seen.
    coverage: {
      provider: "v8",
      include: ["{core,plugins,presets}/**/*.ts"],
      reporter: ["text-summary", ["text", { file: "coverage.txt" }]],
      reportsDirectory: "build/coverage",
    },
  },
});
