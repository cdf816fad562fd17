/** Every loss that fgkd brings, as one plugin. */
import { definePlugin } from "../../core/index.js";
import { attentionDistillation } from "./attention-distillation.js";
import { batchNormStatistics } from "./batch-norm-statistics.js";
import { classPriors } from "./class-priors.js";
import { crossEntropy } from "./cross-entropy.js";
import { decoupledDistillation } from "./decoupled-distillation.js";
import { disagreement } from "./disagreement.js";
import { hint } from "./hint.js";
import { logitDistillation } from "./logit-distillation.js";
import { orthogonalAttention } from "./orthogonal-attention.js";
import { semanticContrast } from "./semantic-contrast.js";
import { tokenDistillation } from "./token-distillation.js";

const all = [
  attentionDistillation,
  batchNormStatistics,
  classPriors,
  crossEntropy,
  decoupledDistillation,
  disagreement,
  hint,
  logitDistillation,
  orthogonalAttention,
  semanticContrast,
  tokenDistillation,
];

/** Registers all of them for configuration to choose; none of them acts until a stage lists it. */
export const losses = definePlugin({
  name: "losses",
  defaults: {},
  register(run) {
    for (const { registration } of all) registration.register?.(run);
  },
});
