import { mergeConfig } from "vitest/config";
import usual from "./vitest.config.js";

/** `npm run test:long`: what takes minutes or an idle machine. 2,000 steps on every engine; FGKD_FIGURES=write puts what they cost into docs/guides/long-runs.md. */
const { test, ...config } = usual;
export default mergeConfig(config, {
  test: {
    ...test,
    include: ["test/core/watchdogs/long-run.test.ts", "test/core/cli/stall-watch.test.ts"],
    env: { FGKD_LONG_RUN: "1" },
  },
});
