/** Every metric that fgkd brings, as one plugin. */
import { definePlugin } from "../../core/index.js";
import { calibrationError } from "./calibration-error.js";
import { macroAccuracy } from "./macro-accuracy.js";
import { testLoss } from "./test-loss.js";
import { topFive } from "./top-k.js";

/** Registers `top-5`, `macro-accuracy`, `test-loss` and `calibration-error`; `top-1` is there without it. */
export const metrics = definePlugin({
  name: "metrics",
  defaults: {},
  register({ metrics }) {
    metrics.register("top-5", topFive);
    metrics.register("macro-accuracy", macroAccuracy);
    metrics.register("test-loss", testLoss);
    metrics.register("calibration-error", calibrationError);
  },
});
