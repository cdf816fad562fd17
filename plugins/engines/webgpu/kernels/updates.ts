/** Steps of optimisers, and averages that follow: new values in one pass over the old ones, several tensors at a time. */
import type * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, input } from "../kernel.js";
import type { Pointwise } from "./pointwise.js";

const numbersNamed = (...names: string[]) => names.map((name) => ({ name, type: "f32" as const }));

const sgd: Pointwise = {
  name: "FgkdSgd",
  reads: ["parameter", "gradient", "velocity"],
  writes: ["moved", "faster"],
  numbers: numbersNamed("learningRate", "momentum", "kept", "weightDecay", "nesterov"),
  body: `let direction = gradient + numbers.weightDecay * parameter;
    faster = numbers.momentum * velocity + numbers.kept * direction;
    let step = select(faster, direction + numbers.momentum * faster, B(numbers.nesterov > 0.0));
    moved = parameter - numbers.learningRate * step;`,
};

const adam: Pointwise = {
  name: "FgkdAdam",
  reads: ["parameter", "gradient", "mean", "square"],
  writes: ["moved", "newMean", "newSquare"],
  numbers: numbersNamed("rate", "beta1", "beta2", "rest1", "rest2", "correction", "epsilon", "decay", "shrinkage"),
  body: `let direction = gradient + numbers.decay * parameter;
    newMean = numbers.beta1 * mean + numbers.rest1 * direction;
    newSquare = numbers.beta2 * square + numbers.rest2 * direction * direction;
    let spread = sqrt(newSquare / numbers.correction) + V(numbers.epsilon);
    moved = numbers.shrinkage * parameter - numbers.rate * newMean / spread;`,
};

const movingAverage: Pointwise = {
  name: "FgkdMovingAverage",
  reads: ["average", "value"],
  writes: ["moved"],
  numbers: numbersNamed("kept", "share", "factor"),
  body: "moved = average * numbers.kept + (value * numbers.factor) * numbers.share;",
};

export const updateKernels = [
  floatKernel("FgkdMovingAverage", (call) => step(call, movingAverage, call.attrs as Readonly<Record<string, number>>)),
  floatKernel("FgkdSgd", (call) => {
    const { dampening = 0, nesterov, replaces: _, ...rest } = call.attrs as Readonly<Record<string, number>>;
    return step(call, sgd, { ...rest, kept: 1 - dampening, nesterov: Number(nesterov) });
  }),
  floatKernel("FgkdAdam", (call) => {
    const attributes = call.attrs as Readonly<Record<string, number>>;
    const { beta1, beta2 } = attributes as Readonly<Record<"beta1" | "beta2", number>>;
    return step(call, adam, { ...attributes, rest1: 1 - beta1, rest2: 1 - beta2 });
  }),
];

function step(call: Call, rule: Pointwise, numbers: Readonly<Record<string, number>>) {
  const reads = rule.reads.map((name) => input(call, name));
  const writes = rule.writes.map(() => call.backend.allocate((reads[0] as tf.TensorInfo).shape));
  call.backend.runSoon(rule, reads, writes, numbers);
  return writes;
}
