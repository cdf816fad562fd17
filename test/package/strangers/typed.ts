/** What an editor says of names and options: compiled, never run. */
import { defineConfig } from "fgkd";
import type {} from "./augmenter.js";
import type {} from "./backbone.js";
import type {} from "./loss.js";
import type {} from "./schedule.js";
import type {} from "./transform.js";

export const known = defineConfig({
  augmenters: [{ name: "dim", factor: 0.25 }],
  data: { name: "folder", path: "photographs" },
  losses: [{ name: "cross-entropy" }, { name: "focal", gamma: 1 }],
  models: { student: { backbone: { name: "thin-net", widths: [4, 8] } } },
  input: { transforms: { train: [{ name: "two-tone", above: 100 }] } },
  optimizer: { schedule: { name: "shrinking", by: 4 } },
});

// @ts-expect-error: focal has no such option.
export const unknownOption = defineConfig({ losses: [{ name: "focal", gama: 1 }] });
export const changed = defineConfig({ options: { focal: { gamma: 1 } } });
// @ts-expect-error: focal has no such option, wherever it is listed.
export const changedOtherwise = defineConfig({ options: { focal: { gama: 1 } } });
// @ts-expect-error: nobody has such a plugin.
export const unknownPlugin = defineConfig({ options: { vocal: { gamma: 1 } } });
// @ts-expect-error: there is no such preset.
export const unknownPreset = defineConfig({ preset: "dadk" });
// @ts-expect-error: dadkd has no such stage.
export const unknownStage = defineConfig({ preset: "dadkd", stages: { studnet: { epochs: 1 } } });
// @ts-expect-error: nor such a role.
export const unknownRole = defineConfig({ preset: "dadkd", models: { studnet: {} } });
// @ts-expect-error: there is no such optimiser.
export const unknownOptimizer = defineConfig({ optimizer: { name: "sdg" } });
