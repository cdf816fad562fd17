/** What frozen models say of each batch, for whatever loss learns from them. */
export { type GeneratedOutputsOptions, generatedOutputs, judges } from "./generated-outputs.js";
export { type TeacherAttentionOptions, teacherAttention } from "./teacher-attention.js";
export { type TeacherFeaturesOptions, teacherFeatures } from "./teacher-features.js";
export { type TeacherLogitsOptions, teacherLogits } from "./teacher-logits.js";
export { teachers } from "./teachers.js";
