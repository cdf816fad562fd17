/** A stage of fixed length, whatever the run's number of epochs. */
import { z } from "zod";
import { definePlugin, describeOptions, type OptionsOf } from "../../core/index.js";
import { count } from "../layers/option-types.js";

const name = "end-after";

const schema = z.object({ epochs: count.default(1).describe("The stage's length.") });

export type EndAfterOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Plugins {
    "end-after": EndAfterOptions;
  }
}

/**
 * Ends its stage after so many epochs: a warm-up does not get longer when the training that follows does.
 *
 * @throws FGKD_INVALID_OPTION
 */
export const endAfter = definePlugin<EndAfterOptions>({
  name,
  ...describeOptions(name, schema),
  apply({ hooks }, { epochs }) {
    hooks.epoch.tap(name, (report) => {
      if (report.epoch + 1 >= epochs) report.stop();
    });
  },
});
