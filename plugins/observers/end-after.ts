/** A stage of fixed length, whatever the run's number of epochs. */
import { definePlugin, invalidOption } from "../../core/index.js";

const name = "end-after";

export interface EndAfterOptions {
  /** Default 1. */
  readonly epochs?: number;
}

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
  defaults: { epochs: 1 },
  check({ epochs }) {
    if (!Number.isInteger(epochs) || epochs < 1)
      throw invalidOption(name, "epochs", "whole and positive", epochs, "Try 1.");
  },
  apply({ hooks }, { epochs }) {
    hooks.epoch.tap(name, (report) => {
      if (report.epoch + 1 >= epochs) report.stop();
    });
  },
});
