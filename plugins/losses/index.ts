/** Loss terms. */

export { type AttentionDistillationOptions, attentionDistillation } from "./attention-distillation.js";
export { type BatchNormStatisticsOptions, batchNormStatistics } from "./batch-norm-statistics.js";
export { type ClassPriorsOptions, classPriors } from "./class-priors.js";
export { type CrossEntropyLossOptions, type CrossEntropyOptions, crossEntropy } from "./cross-entropy.js";
export {
  type DecoupledDistillationOptions,
  decoupledDistillation,
} from "./decoupled-distillation.js";
export type { DecoupledTargets } from "./decoupled-distillation-loss.js";
export { type DisagreementOptions, disagreement } from "./disagreement.js";
export { type HintLossOptions, type HintOptions, hint } from "./hint.js";
export {
  type LogitDistillationLossOptions,
  type LogitDistillationOptions,
  logitDistillation,
} from "./logit-distillation.js";
export { losses } from "./losses.js";
export type { AttentionForm } from "./mixed-high-order-attention.js";
export { type OrthogonalAttentionOptions, orthogonalAttention } from "./orthogonal-attention.js";
export { type SemanticContrastOptions, semanticContrast } from "./semantic-contrast.js";
export {
  type TokenDistillationLossOptions,
  type TokenDistillationOptions,
  tokenDistillation,
} from "./token-distillation.js";
