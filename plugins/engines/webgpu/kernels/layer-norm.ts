/** Layer normalisation and its gradient: each row less its mean, over its deviation. */
import * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, input } from "../kernel.js";
import type { Shader } from "../shader.js";
import { channelSums, mergedSums } from "./channel-sums.js";
import { planOf } from "./columns.js";
import { epsilonField, floats, whole } from "./fields.js";
import { acrossRow, declareRows, eachColumn, type RowPlan, rowOf, rowPlanOf } from "./rows.js";

export const layerNormKernels = [
  floatKernel("FgkdLayerNorm", layerNorm),
  floatKernel("FgkdLayerNormGrad", layerNormGrad),
];

function rowsOf({ shape }: tf.TensorInfo): [rows: number, channels: number] {
  return [tf.util.sizeFromShape(shape.slice(0, -1)), shape[shape.length - 1] ?? 1];
}

function rowShader(key: string, plan: RowPlan, reads: string[], writes: string[], main: string): Shader {
  return {
    key: `${key}/${plan.lanes}`,
    reads: floats(...reads),
    writes: floats(...writes),
    numbers: [...whole("rows", "columns"), epsilonField],
    workgroup: [plan.lanes, plan.depth, 1],
    text: () => ({ declarations: declareRows(plan), main: `${rowOf(plan)}\n${main}` }),
  };
}

function layerNorm(call: Call): tf.TensorInfo[] {
  const { backend } = call;
  const [x, scale, offset] = [input(call, "x"), input(call, "scale"), input(call, "offset")];
  const [rows, columns] = rowsOf(x);
  const plan = rowPlanOf(rows, columns);
  const main = `  let count = f32(numbers.columns);
  var sum = 0.0;
${eachColumn(plan, "      sum = sum + x[place];")}
${acrossRow(plan, "sum")}
  let mean = sum / count;
  var squares = 0.0;
${eachColumn(plan, "      squares = squares + (x[place] - mean) * (x[place] - mean);")}
${acrossRow(plan, "squares")}
  let variance = squares / count;
  let deviation = sqrt(variance + numbers.epsilon);
${eachColumn(plan, "      y[place] = (x[place] - mean) / deviation * scale[c] + offset[c];")}
  if (inside && thread.x == 0u) {
    means[row] = mean;
    variances[row] = variance;
  }`;
  const writes = [x.shape, x.shape.slice(0, -1), x.shape.slice(0, -1)].map((shape) => backend.allocate(shape));
  backend.run({
    shader: rowShader("layer-norm", plan, ["x", "scale", "offset"], ["y", "means", "variances"], main),
    reads: [x, scale, offset],
    writes,
    numbers: { rows, columns, epsilon: Number(call.attrs.epsilon) },
    groups: plan.groups,
  });
  return writes;
}

function layerNormGrad(call: Call): tf.TensorInfo[] {
  const { backend } = call;
  const [dy, x, scale] = [input(call, "dy"), input(call, "x"), input(call, "scale")];
  const statistics = [input(call, "mean"), input(call, "variance")];
  const [rows, columns] = rowsOf(x);
  const plan = rowPlanOf(rows, columns);
  const epsilon = Number(call.attrs.epsilon);
  const main = `  let known = select(0u, row, inside);
  let mean = means[known];
  let deviation = sqrt(variances[known] + numbers.epsilon);
  var sum = 0.0;
  var product = 0.0;
${eachColumn(
  plan,
  `      let own = dy[place] * scale[c];
      sum = sum + own;
      product = product + own * ((x[place] - mean) / deviation);`,
)}
${acrossRow(plan, "sum")}
${acrossRow(plan, "product")}
  let ofSum = sum / f32(numbers.columns);
  let ofProduct = product / f32(numbers.columns);
${eachColumn(
  plan,
  `      let white = (x[place] - mean) / deviation;
      dx[place] = (dy[place] * scale[c] - ofSum - white * ofProduct) / deviation;`,
)}`;
  const dx = backend.allocate(x.shape);
  backend.run({
    shader: rowShader("layer-norm-grad", plan, ["dy", "x", "scale", "means", "variances"], ["dx"], main),
    reads: [dy, x, scale, ...statistics],
    writes: [dx],
    numbers: { rows, columns, epsilon },
    groups: plan.groups,
  });
  const columnPlan = planOf(1, rows, columns);
  const sums = channelSums(backend, columnPlan, "row", [dy, x, ...statistics], { epsilon, group: 1, groups: 1 });
  return [dx, ...mergedSums(backend, columnPlan, sums, columns)];
}
