/** Every teacher's signal that fgkd brings, as one plugin. */
import { definePlugin } from "../../core/index.js";
import { generatedOutputs } from "./generated-outputs.js";
import { teacherAttention } from "./teacher-attention.js";
import { teacherFeatures } from "./teacher-features.js";
import { teacherLogits } from "./teacher-logits.js";

const all = [teacherLogits, teacherFeatures, teacherAttention, generatedOutputs];

/** Registers all of them for configuration to choose; none of them acts until a stage lists it. */
export const teachers = definePlugin({
  name: "teachers",
  defaults: {},
  register(run) {
    for (const { registration } of all) registration.register?.(run);
  },
});
