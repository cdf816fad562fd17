import { definePlugin } from "../../../../core/index.js";

/** Leaves the losses of each epoch in a file of its own. */
export const diary = definePlugin({
  name: "diary",
  defaults: {},
  apply({ hooks, stage, artifacts }) {
    hooks.epoch.tap("diary", ({ epoch, losses }) =>
      artifacts.write(`${stage}/epoch-${epoch + 1}.json`, JSON.stringify(losses)),
    );
  },
});