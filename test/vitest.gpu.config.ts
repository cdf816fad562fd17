import { defineConfig } from "vitest/config";

/** `npm run test:gpu`: the engine `webgpu` on a real GPU if one is there, else on Chromium's software adapter. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.gpu.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: "forks",
    setupFiles: ["test/support/end-of-file.ts"],
  },
});
