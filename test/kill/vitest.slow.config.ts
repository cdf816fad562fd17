import { mergeConfig } from "vitest/config";
import quick from "./vitest.config.js";

/** `npm run test:slow`: twenty kills a preset; writes the pass list. And what needs a machine of its own: `*.slow.test.ts`. */
export default mergeConfig(quick, {
  test: { include: ["test/**/*.slow.test.ts"], env: { FGKD_KILLS: "20", FGKD_PASS_LIST: "write" } },
});
