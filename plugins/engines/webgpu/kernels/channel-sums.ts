/** The gradients of scale and offset, where each value is whitened by the statistics of its row or group. */
import type * as tf from "@tensorflow/tfjs";
import type { GpuBackend } from "../backend.js";
import type { Shader } from "../shader.js";
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
import { epsilonField, floats, whole } from "./fields.js";

/**
 * Sums of dy and of dy times the whitened values, of each channel in each part of each image: `[images, parts, 2, channels]`.
 *
 * @param statistic which mean and variance belong to a value: those of its row, or of its image and group
 */
export function channelSums(
  backend: GpuBackend,
  plan: Plan,
  statistic: "row" | "group",
  reads: readonly tf.TensorInfo[],
  numbers: { readonly epsilon: number; readonly group: number; readonly groups: number },
): tf.TensorInfo {
  const element = elementsOf(plan);
  const place = statistic === "row" ? "row" : "group.z * numbers.groups + channel / numbers.group";
  const shader: Shader = {
    key: `channel-sums/${statistic}/${keyOf(plan)}`,
    reads: [{ name: "dy", element }, { name: "x", element }, ...floats("means", "variances")],
    writes: [{ name: "sums", element }],
    numbers: [...planFields, ...whole("group", "groups"), epsilonField],
    workgroup: [plan.lanes, plan.depth, 1],
    text: () => ({
      declarations: declare(plan, 2),
      main: `${channelOf(plan)}
${gather(plan, {
  states: ["sum", "product"],
  from: "group.y * numbers.span",
  to: "min((group.y + 1u) * numbers.span, numbers.rows)",
  each: `      let place = (group.z * numbers.rows + row) * numbers.channels + channel;
      let own = ${place};
      let white = (x[place] - V(means[own])) / sqrt(variances[own] + numbers.epsilon);
      sum = sum + dy[place];
      product = product + dy[place] * white;`,
  merge: adding(["sum", "product"]),
})}
  if (inside && thread.y == 0u) {
    let place = 2u * (group.z * numbers.parts + group.y) * numbers.channels + channel;
    sums[place] = sum;
    sums[place + numbers.channels] = product;
  }`,
    }),
  };
  const sums = backend.allocate([plan.images * plan.parts, 2, plan.channels * plan.width]);
  backend.run({
    shader,
    reads,
    writes: [sums],
    numbers: { ...numbersOf(plan), ...numbers },
    groups: [plan.blocks, plan.parts, plan.images],
  });
  return sums;
}

/** The gradients of scale and offset: sums over the parts of all images. Frees the parts. */
export function mergedSums(
  backend: GpuBackend,
  { images, parts, width }: Plan,
  sums: tf.TensorInfo,
  channels: number,
): [dScale: tf.TensorInfo, dOffset: tf.TensorInfo] {
  const plan = planOf(1, images * parts, channels, width);
  const element = elementsOf(plan);
  const shader: Shader = {
    key: `merged-sums/${keyOf(plan)}`,
    reads: [{ name: "sums", element }],
    writes: [
      { name: "dScale", element },
      { name: "dOffset", element },
    ],
    numbers: whole("rows", "channels"),
    workgroup: [plan.lanes, plan.depth, 1],
    text: () => ({
      declarations: declare(plan, 2),
      main: `${channelOf(plan)}
${gather(plan, {
  states: ["sum", "product"],
  from: "0u",
  to: "numbers.rows",
  each: `      let place = 2u * row * numbers.channels + channel;
      sum = sum + sums[place];
      product = product + sums[place + numbers.channels];`,
  merge: adding(["sum", "product"]),
})}
  if (inside && thread.y == 0u) {
    dOffset[channel] = sum;
    dScale[channel] = product;
  }`,
    }),
  };
  const [dScale, dOffset] = [backend.allocate([channels]), backend.allocate([channels])];
  backend.run({
    shader,
    reads: [sums],
    writes: [dScale, dOffset],
    numbers: { rows: plan.rows, channels: plan.channels },
    groups: [plan.blocks, 1, 1],
  });
  backend.disposeData(sums.dataId);
  return [dScale, dOffset];
}
