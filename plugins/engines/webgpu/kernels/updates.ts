/** Steps of optimisers, and averages that follow: new values in one pass over the old ones, several tensors at a time. */
import type * as tf from "@tensorflow/tfjs";
import type { KernelAttributes } from "../../../../core/ops/index.js";
import { type Call, floatKernel, input } from "../kernel.js";
import type { Rule } from "../together.js";

const numbersNamed = (...names: string[]) => names.map((name) => ({ name, type: "f32" as const }));

const sgd: Rule = {
  name: "FgkdSgd",
  states: ["parameter", "velocity"],
  reads: ["gradient"],
  writes: ["next", "faster"],
  numbers: numbersNamed("learningRate", "momentum", "kept", "weightDecay", "nesterov"),
  body: `let direction = gradient + numbers.weightDecay * parameter;
    faster = numbers.momentum * velocity + numbers.kept * direction;
    let step = select(faster, direction + numbers.momentum * faster, B(numbers.nesterov > 0.0));
    next = parameter - numbers.learningRate * step;`,
};

const adam: Rule = {
  name: "FgkdAdam",
  states: ["parameter", "mean", "square"],
  reads: ["gradient"],
  writes: ["next", "newMean", "newSquare"],
  numbers: numbersNamed("rate", "beta1", "beta2", "rest1", "rest2", "correction", "epsilon", "decay", "shrinkage"),
  body: `let direction = gradient + numbers.decay * parameter;
    newMean = numbers.beta1 * mean + numbers.rest1 * direction;
    newSquare = numbers.beta2 * square + numbers.rest2 * direction * direction;
    let spread = sqrt(newSquare / numbers.correction) + V(numbers.epsilon);
    next = numbers.shrinkage * parameter - numbers.rate * newMean / spread;`,
};

/** For many at once: what schedules and groups change of a step comes in a tensor, all else is the same from step to step. */
function ofAll(rule: Rule, rates: readonly string[]): Rule {
  const numbers = (rule.numbers ?? []).filter(({ name }) => !rates.includes(name));
  return { ...rule, name: `${rule.name}OfAll`, rates, numbers: [{ name: "row", type: "u32" }, ...numbers] };
}

const sgdOfAll = ofAll(sgd, ["learningRate", "weightDecay"]);
const adamOfAll = ofAll(adam, ["rate", "correction", "decay", "shrinkage"]);

const movingAverage: Rule = {
  name: "FgkdMovingAverage",
  states: ["average"],
  reads: ["value"],
  writes: ["next"],
  numbers: numbersNamed("kept", "share", "factor"),
  body: "next = average * numbers.kept + (value * numbers.factor) * numbers.share;",
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
  floatKernel("FgkdSgdOfAll", (call) => {
    const { momentum, nesterov } = call.attrs as unknown as KernelAttributes<"FgkdSgdOfAll">;
    return steps(call, sgdOfAll, { momentum, kept: 1, nesterov: Number(nesterov) });
  }),
  floatKernel("FgkdAdamOfAll", (call) => {
    const { beta1, beta2, epsilon } = call.attrs as unknown as KernelAttributes<"FgkdAdamOfAll">;
    return steps(call, adamOfAll, { beta1, beta2, epsilon, rest1: 1 - beta1, rest2: 1 - beta2 });
  }),
];

/** A rule for lists: a parameter, its gradient and the parameter's other states, then those of the next; and the rates of all. */
function steps(call: Call, rule: Rule, numbers: Readonly<Record<string, number>>): tf.TensorInfo[] {
  const rates = input(call, "rates");
  const each = rule.states.length + 1;
  const [count = 0] = rates.shape;
  const updates = Array.from({ length: count }, (_, at) => {
    const parameter = input(call, at * each);
    const others = Array.from({ length: each - 2 }, (_, other) => input(call, at * each + 2 + other));
    const writes = rule.writes.map(() => call.backend.makeTensorInfo([...parameter.shape], "float32"));
    return {
      states: [parameter, ...others],
      reads: [input(call, at * each + 1)],
      writes,
      numbers: { ...numbers, row: at },
    };
  });
  call.backend.updateTogether({ rule, updates, rates });
  return updates.flatMap(({ writes }) => writes);
}

function step(call: Call, rule: Rule, numbers: Readonly<Record<string, number>>) {
  const [states, reads] = [rule.states, rule.reads].map((names) => names.map((name) => input(call, name)));
  const { shape } = (states as readonly tf.TensorInfo[])[0] as tf.TensorInfo;
  const writes = rule.writes.map(() => call.backend.makeTensorInfo([...shape], "float32"));
  call.backend.updateSoon(rule, { states: states ?? [], reads: reads ?? [], writes, numbers });
  return writes;
}
