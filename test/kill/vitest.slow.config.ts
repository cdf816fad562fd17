import { mergeConfig } from "vitest/config";
import quick from "./vitest.config.js";

/** What needs a machine of its own. */
const slow = { name: "slow", include: ["test/**/*.slow.test.ts"], fileParallelism: false, sequence: { groupOrder: 2 } };

/** `npm run test:slow`: twenty kills a preset; writes the pass list. And `*.slow.test.ts`. */
export default mergeConfig(quick, {
  test: { env: { FGKD_KILLS: "20", FGKD_PASS_LIST: "write" }, projects: [{ extends: true, test: slow }] },
});
