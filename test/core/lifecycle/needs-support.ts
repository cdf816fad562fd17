/** Plugins that tap batches, with or without saying what they set. */
import type { Batch, Plugin } from "../../../core/index.js";

export { catalogue } from "../../../plugins/index.js";

export function definedNothing(provides?: readonly (keyof Batch & string)[]): Plugin {
  return {
    name: "silent",
    ...(provides && { provides }),
    apply: ({ hooks }) => hooks.batch.tap("silent", (batch) => batch),
  };
}
