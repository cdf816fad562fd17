/** What an editor says of names and options: compiled, never run. */
import { defineConfig } from "fgkd";
import type {} from "fgkd/plugins";
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
