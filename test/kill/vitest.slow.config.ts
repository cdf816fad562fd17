import { mergeConfig } from "vitest/config";
import quick from "./vitest.config.js";

/** `npm run test:slow`: twenty kills a preset and engine; writes the pass list. */
export default mergeConfig(quick, { test: { env: { FGKD_KILLS: "20", FGKD_PASS_LIST: "write" } } });
