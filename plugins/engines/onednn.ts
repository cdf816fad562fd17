/** The `onednn` engine: native CPU kernels over oneDNN. */
import type { Engine } from "../../core/index.js";
import { checkOnednn, compileOnednn, startOnednn } from "./onednn/index.js";

export function onednnEngine(): Engine {
  return { name: "onednn", check: async () => checkOnednn(), start: () => startOnednn(), build: compileOnednn };
}
