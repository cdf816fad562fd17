/** Loss terms, and the teacher they learn from. */

export { type AttentionDistillationOptions, attentionDistillation } from "./attention-distillation.js";
export { type CrossEntropyLossOptions, type CrossEntropyOptions, crossEntropy } from "./cross-entropy.js";
export {
  type DecoupledDistillationLossOptions,
  type DecoupledDistillationOptions,
  decoupledDistillation,
} from "./decoupled-distillation.js";
export type { DecoupledTargets } from "./decoupled-distillation-loss.js";
export {
  type LogitDistillationLossOptions,
  type LogitDistillationOptions,
  logitDistillation,
} from "./logit-distillation.js";
export type { AttentionForm } from "./mixed-high-order-attention.js";
export { type OrthogonalAttentionOptions, orthogonalAttention } from "./orthogonal-attention.js";
export { type SemanticContrastOptions, semanticContrast } from "./semantic-contrast.js";
export { type TeacherAttentionOptions, teacherAttention } from "./teacher-attention.js";
export { type TeacherFeaturesOptions, teacherFeatures } from "./teacher-features.js";
export { type TeacherLogitsOptions, teacherLogits } from "./teacher-logits.js";
