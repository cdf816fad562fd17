/** Rows of the table of fused kernels: what moves weights and averages after a step, and looks at gradients before. */
import type { KernelRow } from "./kernel-row.js";

export const updateKernels = {
  FgkdSgd: {
    inputs: { parameter: "any", gradient: "as parameter", velocity: "as parameter" },
    attributes: {
      learningRate: { type: "number", says: "" },
      momentum: { type: "number", says: "" },
      weightDecay: { type: "number", says: "times the parameter, added to the gradient" },
      dampening: { type: "number", says: "0" },
      nesterov: { type: "boolean", says: "whether momentum is looked ahead" },
      replaces: {
        type: "boolean",
        says: "whether the caller frees parameter and velocity next, whose memory the results may take if nobody else holds them",
      },
    },
    outputs: { parameter: "as parameter", velocity: "as parameter" },
    computes: "one step of SGD with momentum: see `sgdStep`",
    otherwise: "`Multiply`, `Add`, `Sub`",
  },
  FgkdAdam: {
    inputs: { parameter: "any", gradient: "as parameter", mean: "as parameter", square: "as parameter" },
    attributes: {
      rate: { type: "number", says: "learning rate over 1 − beta1ᵗ" },
      beta1: { type: "number", says: "of the mean of the gradient" },
      beta2: { type: "number", says: "of the mean of its square" },
      correction: { type: "number", says: "1 − beta2ᵗ" },
      epsilon: { type: "number", says: "added to the root" },
      decay: { type: "number", says: "times the parameter, added to the gradient" },
      shrinkage: { type: "number", says: "of the parameter before the step; 1 for none" },
    },
    outputs: { parameter: "as parameter", mean: "as parameter", square: "as parameter" },
    computes: "one step of Adam or AdamW: see `adamStep`",
    otherwise: "`Square`, `Sqrt` and arithmetic",
  },
  FgkdSgdOfAll: {
    isOfLists: true,
    inputs: { parameters: "a list, any", gradients: "a list, each as its parameter", velocities: "likewise" },
    besides: { rates: "[parameters, 2]; learning rate and weight decay of each" },
    attributes: {
      momentum: { type: "number", says: "of all" },
      nesterov: { type: "boolean", says: "of all" },
    },
    outputs: { parameters: "a list", velocities: "a list" },
    computes: "`FgkdSgd` of each parameter",
    otherwise: "`FgkdSgd`",
  },
  FgkdAdamOfAll: {
    isOfLists: true,
    inputs: {
      parameters: "a list, any",
      gradients: "a list, each as its parameter",
      means: "likewise",
      squares: "likewise",
    },
    besides: { rates: "[parameters, 4]; `rate`, `correction`, `decay` and `shrinkage` of each" },
    attributes: {
      beta1: { type: "number", says: "of all" },
      beta2: { type: "number", says: "of all" },
      epsilon: { type: "number", says: "of all" },
    },
    outputs: { parameters: "a list", means: "a list", squares: "a list" },
    computes: "`FgkdAdam` of each parameter",
    otherwise: "`FgkdAdam`",
  },
  FgkdNotFinite: {
    isOfLists: true,
    inputs: { values: "a list, any" },
    attributes: {},
    outputs: { found: "[1], one for all" },
    computes: "NaN where any of all values is not finite, else 0",
    otherwise: "`Sum`, `Concat`",
  },
  FgkdMovingAverage: {
    inputs: { average: "any", value: "as average" },
    attributes: {
      kept: { type: "number", says: "share of the average that stays" },
      share: { type: "number", says: "share of the value that comes in" },
      factor: { type: "number", says: "of the value, beforehand" },
    },
    outputs: { average: "as average" },
    computes: "average · kept + (value · factor) · share",
    otherwise: "`Multiply`, `Add`",
  },
} as const satisfies Readonly<Record<string, KernelRow>>;
