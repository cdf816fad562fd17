import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** `npm run test:isa`: each suite in a process of its own, since what it compares is the last bits of an engine that has just started. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "test/**/*.{long,slow,gpu}.test.ts", "test/kill/**"],
    testTimeout: 60_000,
    pool: "forks",
    setupFiles: ["test/support/end-of-file.ts"],
    maxWorkers: availableParallelism(),
  },
});
