import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    exclude: ["test/slow/**", "test/conformance/**", "test/kill/**"],
    testTimeout: 30_000,
    pool: "forks",
  },
});
