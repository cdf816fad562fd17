/** Softmax and its logarithm over the last axis, and their gradients: one pass, a row at a time. */
import * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, input } from "../kernel.js";
import type { NumberField, Shader } from "../shader.js";
import { acrossRow, declareRows, eachColumn, type RowPlan, rowOf, rowPlanOf } from "./rows.js";

export const softmaxKernels = [
  floatKernel("Softmax", (call) => forward(call, "softmax"), isLastAxis),
  floatKernel("FgkdLogSoftmax", (call) => forward(call, "log-softmax")),
  floatKernel("FgkdSoftmaxGrad", (call) => backward(call, "softmax-grad")),
  floatKernel("FgkdLogSoftmaxGrad", (call) => backward(call, "log-softmax-grad")),
];

type Kind = keyof typeof bodies;

/** From the greatest value on, since an exponential overflows; what is no number shows in the sum. */
const sumOfExponentials = (plan: RowPlan) => `  var most = -3.4028234e38;
${eachColumn(plan, "      most = select(most, x[place], x[place] > most);")}
${acrossRow(plan, "most", "select(most, other, other > most)")}
  var sum = 0.0;
${eachColumn(plan, "      sum = sum + expOf(x[place] - most);")}
${acrossRow(plan, "sum")}`;

const bodies = {
  softmax: (plan: RowPlan) => `${sumOfExponentials(plan)}
${eachColumn(plan, "      result[place] = expOf(x[place] - most) / sum;")}`,
  "log-softmax": (plan: RowPlan) => `${sumOfExponentials(plan)}
  let added = logOf(sum);
${eachColumn(plan, "      result[place] = x[place] - most - added;")}`,
  "softmax-grad": (plan: RowPlan) => `  var sum = 0.0;
${eachColumn(plan, "      sum = sum + dy[place] * y[place];")}
${acrossRow(plan, "sum")}
${eachColumn(plan, "      result[place] = y[place] * (dy[place] - sum);")}`,
  "log-softmax-grad": (plan: RowPlan) => `  var sum = 0.0;
${eachColumn(plan, "      sum = sum + dy[place];")}
${acrossRow(plan, "sum")}
${eachColumn(plan, "      result[place] = dy[place] - expOf(y[place]) * sum;")}`,
};

const rowFields: readonly NumberField[] = ["rows", "columns"].map((name) => ({ name, type: "u32" }));

function shaderOf(kind: Kind, plan: RowPlan, reads: readonly string[]): Shader {
  return {
    key: `${kind}/${plan.lanes}`,
    reads: reads.map((name) => ({ name, element: "f32" })),
    writes: [{ name: "result", element: "f32" }],
    numbers: rowFields,
    workgroup: [plan.lanes, plan.depth, 1],
    text: () => ({ declarations: declareRows(plan), main: `${rowOf(plan)}\n${bodies[kind](plan)}` }),
  };
}

function isLastAxis({ inputs: { logits }, attrs: { dim } }: Call): boolean {
  return dim === -1 || dim === (logits?.shape.length ?? 0) - 1;
}

function run({ backend }: Call, kind: Kind, tensors: Readonly<Record<string, tf.TensorInfo>>): tf.TensorInfo {
  const { shape } = Object.values(tensors)[0] as tf.TensorInfo;
  const plan = rowPlanOf(tf.util.sizeFromShape(shape.slice(0, -1)), shape[shape.length - 1] ?? 1);
  const result = backend.allocate(shape);
  backend.run({
    shader: shaderOf(kind, plan, Object.keys(tensors)),
    reads: Object.values(tensors),
    writes: [result],
    numbers: { rows: plan.rows, columns: plan.columns },
    groups: plan.groups,
  });
  return result;
}

function forward(call: Call, kind: Kind): tf.TensorInfo {
  return run(call, kind, { x: input(call, "logits") });
}

function backward(call: Call, kind: Kind): tf.TensorInfo {
  return run(call, kind, { dy: input(call, "dy"), y: input(call, "y") });
}
