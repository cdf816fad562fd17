/** Batch normalisation over all axes but the last: in training with its gradient, and with given statistics. */
import * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, input } from "../kernel.js";
import type { NumberField, Shader } from "../shader.js";
import {
  adding,
  channelOf,
  declare,
  elementsOf,
  gather,
  keyOf,
  numbersOf,
  type Plan,
  planFields,
  planOf,
} from "./columns.js";
import { whole } from "./fields.js";
import { gatherMoments, momentsShader } from "./moments.js";
import { eachPlace, elementOf, groupsOf, typesOf, widthOf, workgroup } from "./pointwise.js";

export const batchNormKernels = [
  floatKernel("FgkdBatchNormInference", inference),
  floatKernel("FgkdBatchNormTraining", training),
  floatKernel("FgkdBatchNormTrainingGrad", trainingGrad),
];

const settings: readonly NumberField[] = [
  { name: "epsilon", type: "f32" },
  { name: "relu", type: "u32" },
  { name: "most", type: "f32" },
];

/** Without a greatest value it is that of all numbers: no constant of WGSL is infinite. */
function settingsOf({ attrs: { epsilon, relu, most } }: Call): Record<string, number> {
  return { epsilon: Number(epsilon), relu: Number(relu), most: Number(most ?? Number.POSITIVE_INFINITY) };
}

const clipped = `fn clipped(affine: V) -> V {
  if (numbers.relu == 0u) { return affine; }
  let open = select(affine, V(0.0), affine < V(0.0));
  return select(open, V(numbers.most), open > V(numbers.most));
}`;

function rowsOf({ shape }: tf.TensorInfo): [rows: number, channels: number] {
  return [tf.util.sizeFromShape(shape.slice(0, -1)), shape[shape.length - 1] ?? 1];
}

/** Statistics from their parts, which every workgroup puts together for itself, and the values by them. */
function normaliseShader(plan: Plan): Shader {
  const element = elementsOf(plan);
  const bound = (name: string) => ({ name, element });
  return {
    key: `batch-norm/${keyOf(plan)}`,
    reads: ["x", "moments", "scale", "offset"].map(bound),
    writes: ["y", "means", "variances"].map(bound),
    numbers: [...planFields, ...whole("stride"), ...settings],
    workgroup: [plan.lanes, plan.depth, 1],
    text: () => ({
      declarations: `${declare(plan, 3)}\n${clipped}`,
      main: `${channelOf(plan)}
${gatherMoments(plan)}
  if (!inside) { return; }
  let variance = squares / count;
  let factor = scale[channel] / sqrt(variance + V(numbers.epsilon));
  let added = offset[channel];
  if (group.y == 0u && thread.y == 0u) {
    means[channel] = mean;
    variances[channel] = variance;
  }
  for (var row = group.y * ${plan.depth}u + thread.y; row < numbers.rows; row += numbers.stride) {
    let place = row * numbers.channels + channel;
    y[place] = clipped((x[place] - mean) * factor + added);
  }`,
    }),
  };
}

/** Workgroups that walk all rows together, each thread several of them. */
function applying({ rows, depth, blocks }: Plan): {
  readonly stride: number;
  readonly groups: [number, number, number];
} {
  const across = Math.max(1, Math.min(Math.ceil(rows / (8 * depth)), Math.ceil(2048 / blocks)));
  return { stride: across * depth, groups: [blocks, across, 1] };
}

function training(call: Call): tf.TensorInfo[] {
  const { backend } = call;
  const [x, scale, offset] = [input(call, "x"), input(call, "scale"), input(call, "offset")];
  const [rows, channels] = rowsOf(x);
  const plan = planOf(1, rows, channels);
  const moments = backend.allocate([plan.parts, 2, channels]);
  const numbers = numbersOf(plan);
  backend.run({
    shader: momentsShader(plan),
    reads: [x],
    writes: [moments],
    numbers,
    groups: [plan.blocks, plan.parts, 1],
  });
  const writes = [backend.allocate(x.shape), backend.allocate([channels]), backend.allocate([channels])];
  const { stride, groups } = applying(plan);
  backend.run({
    shader: normaliseShader(plan),
    reads: [x, moments, scale, offset],
    writes,
    numbers: { ...numbers, stride, ...settingsOf(call) },
    groups,
  });
  backend.disposeData(moments.dataId);
  return writes;
}

/** `dy` where the ReLU is open, else 0; NaN where it is unknown whether it is. */
const opened = `fn opened(dy: V, affine: V) -> V {
  if (numbers.relu == 0u) { return dy; }
  let passes = (affine > V(0.0)) & (affine < V(numbers.most));
  return select(select(V(0.0), dy, passes), affine, isNan(affine));
}`;

/** Of each channel what both passes of the gradient need: `factor`, `added`, `mean` and `spread`, after the sums. */
const perChannel = ["factor", "added", "mean", "spread"];

/** Sums of dy and of dy times the whitened values, of each channel in each part: `[parts, 2, channels]`. */
function gradSumsShader(plan: Plan): Shader {
  const element = elementsOf(plan);
  const bound = (name: string) => ({ name, element });
  return {
    key: `batch-norm-grad-sums/${keyOf(plan)}`,
    reads: ["dy", "x", "scale", "offset", "means", "variances"].map(bound),
    writes: [bound("sums")],
    numbers: [...planFields, ...settings],
    workgroup: [plan.lanes, plan.depth, 1],
    text: () => ({
      declarations: `${declare(plan, 2)}\n${opened}`,
      main: `${channelOf(plan)}
  let known = select(0u, channel, inside);
  let mean = means[known];
  let spread = V(1.0) / sqrt(variances[known] + V(numbers.epsilon));
  let factor = scale[known] * spread;
  let added = offset[known];
${gather(plan, {
  states: ["sum", "product"],
  from: "group.y * numbers.span",
  to: "min((group.y + 1u) * numbers.span, numbers.rows)",
  each: `      let place = row * numbers.channels + channel;
      let apart = x[place] - mean;
      let open = opened(dy[place], apart * factor + added);
      sum = sum + open;
      product = product + open * (apart * spread);`,
  merge: adding(["sum", "product"]),
})}
  if (inside && thread.y == 0u) {
    let place = 2u * group.y * numbers.channels + channel;
    sums[place] = sum;
    sums[place + numbers.channels] = product;
    if (group.y == 0u) {
${perChannel
  .map((name, at) => `      sums[(2u * numbers.parts + ${at}u) * numbers.channels + channel] = ${name};`)
  .join("\n")}
    }
  }`,
    }),
  };
}

function gradShader(plan: Plan): Shader {
  const element = elementsOf(plan);
  const bound = (name: string) => ({ name, element });
  return {
    key: `batch-norm-grad/${keyOf(plan)}`,
    reads: ["dy", "x", "sums"].map(bound),
    writes: ["dx", "dScale", "dOffset"].map(bound),
    numbers: [...planFields, ...whole("stride"), ...settings],
    workgroup: [plan.lanes, plan.depth, 1],
    text: () => ({
      declarations: `${declare(plan, 2)}\n${opened}`,
      main: `${channelOf(plan)}
${gather(plan, {
  states: ["sum", "product"],
  from: "0u",
  to: "numbers.parts",
  each: `      let place = 2u * row * numbers.channels + channel;
      sum = sum + sums[place];
      product = product + sums[place + numbers.channels];`,
  merge: adding(["sum", "product"]),
})}
  if (!inside) { return; }
${perChannel
  .map((name, at) => `  let ${name} = sums[(2u * numbers.parts + ${at}u) * numbers.channels + channel];`)
  .join("\n")}
  if (group.y == 0u && thread.y == 0u) {
    dOffset[channel] = sum;
    dScale[channel] = product;
  }
  let count = f32(numbers.rows);
  let ofSum = sum / count;
  let ofProduct = product / count;
  for (var row = group.y * ${plan.depth}u + thread.y; row < numbers.rows; row += numbers.stride) {
    let place = row * numbers.channels + channel;
    let apart = x[place] - mean;
    let open = opened(dy[place], apart * factor + added);
    dx[place] = (open - ofSum - apart * spread * ofProduct) * factor;
  }`,
    }),
  };
}

function trainingGrad(call: Call): tf.TensorInfo[] {
  const { backend } = call;
  const [dy, x] = [input(call, "dy"), input(call, "x")];
  const given = ["scale", "offset", "mean", "variance"].map((name) => input(call, name));
  const [rows, channels] = rowsOf(x);
  const plan = planOf(1, rows, channels);
  const sums = backend.allocate([2 * plan.parts + perChannel.length, channels]);
  const numbers = { ...numbersOf(plan), ...settingsOf(call) };
  backend.run({
    shader: gradSumsShader(plan),
    reads: [dy, x, ...given],
    writes: [sums],
    numbers,
    groups: [plan.blocks, plan.parts, 1],
  });
  const writes = [backend.allocate(x.shape), backend.allocate([channels]), backend.allocate([channels])];
  const { stride, groups } = applying(plan);
  backend.run({ shader: gradShader(plan), reads: [dy, x, sums], writes, numbers: { ...numbers, stride }, groups });
  backend.disposeData(sums.dataId);
  return writes;
}

function inferenceShader(width: 1 | 4): Shader {
  const element = elementOf(width);
  const bound = (name: string) => ({ name, element });
  return {
    key: `batch-norm-inference/${width}`,
    reads: ["x", "mean", "variance", "scale", "offset"].map(bound),
    writes: [bound("y")],
    numbers: [...whole("size", "channels"), ...settings],
    workgroup: [workgroup, 1, 1],
    text: () => ({
      declarations: `${typesOf(width)}\n${clipped}`,
      main: eachPlace(`    let c = i % numbers.channels;
    let factor = scale[c] / sqrt(variance[c] + V(numbers.epsilon));
    y[i] = clipped((x[i] - mean[c]) * factor + offset[c]);`),
    }),
  };
}

function inference(call: Call): tf.TensorInfo {
  const reads = ["x", "mean", "variance", "scale", "offset"].map((name) => input(call, name));
  const x = input(call, "x");
  const [rows, channels] = rowsOf(x);
  const width = widthOf(channels);
  const size = (rows * channels) / width;
  const y = call.backend.allocate(x.shape);
  call.backend.run({
    shader: inferenceShader(width),
    reads,
    writes: [y],
    numbers: { size, channels: channels / width, ...settingsOf(call) },
    groups: groupsOf(size),
  });
  return y;
}
