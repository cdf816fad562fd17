/** The `onednn` engine: native CPU kernels over oneDNN. */
import { type Engine, invalidOption } from "../../core/index.js";
import { availableThreads, checkOnednn, compileOnednn, startOnednn } from "./onednn/index.js";

/** More than any machine has; an OpenMP library that cannot start a thread ends the process. */
const most = 1024;

export function onednnEngine({ threads }: { readonly threads: number | null }): Engine {
  if (threads !== null && !(Number.isInteger(threads) && threads >= 1 && threads <= most))
    throw invalidOption(
      "engine onednn",
      "threads",
      `a whole number from 1 to ${most}`,
      threads,
      "Leave it out for all.",
    );
  const options = { threads: threads ?? availableThreads() };
  return {
    name: "onednn",
    options,
    check: async () => checkOnednn(options),
    start: () => startOnednn(options),
    build: compileOnednn,
  };
}
