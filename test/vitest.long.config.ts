import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** `npm run test:long`: 2,000 steps on every engine; thousands of wrong calls of native functions; the packed package. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.long.test.ts"],
    testTimeout: 600_000,
    pool: "forks",
    setupFiles: ["test/support/end-of-file.ts"],
    // Left alone it keeps one core for itself, which is half of two.
    maxWorkers: availableParallelism(),
  },
});
