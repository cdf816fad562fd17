/** Every augmenter that fgkd brings, as one plugin. */
import { definePlugin } from "../../core/index.js";
import { cutmix } from "./cutmix.js";
import { cutout } from "./cutout.js";
import { mixup } from "./mixup.js";
import { mixupCutmix } from "./mixup-cutmix.js";
import { snapmix } from "./snapmix.js";

const all = [cutmix, cutout, mixup, mixupCutmix, snapmix];

/** Registers all of them for configuration to choose; none of them acts until a stage lists it. */
export const augmenters = definePlugin({
  name: "augmenters",
  defaults: {},
  register(run) {
    for (const { registration } of all) registration.register?.(run);
  },
});
