/** Group normalisation and its gradient: the values of each image and group less their mean, over their deviation. */
import * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, input } from "../kernel.js";
import type { Shader } from "../shader.js";
import { channelSums, mergedSums } from "./channel-sums.js";
import { mergeMoments, numbersOf as numbersOfPlan, type Plan, planOf } from "./columns.js";
import { epsilonField, floats, whole } from "./fields.js";
import { momentsShader } from "./moments.js";
import { eachPlace, groupsOf, typesOf, workgroup } from "./pointwise.js";

export const groupNormKernels = [
  floatKernel("FgkdGroupNorm", groupNorm, hasFewImages),
  floatKernel("FgkdGroupNormGrad", groupNormGrad, hasFewImages),
];

/** An image is a place along the last axis of a dispatch. */
function hasFewImages(call: Call): boolean {
  return (input(call, "x").shape[0] as number) < 2 ** 16;
}

interface Groups {
  readonly plan: Plan;
  readonly channels: number;
  readonly groups: number;
  /** Channels of a group. */
  readonly size: number;
}

function groupsOfCall(call: Call): Groups {
  const { shape } = input(call, "x");
  const [images, channels] = [shape[0] as number, shape[shape.length - 1] as number];
  const groups = Number(call.attrs.groups);
  const size = channels / groups;
  // A vector of channels has the statistics of one group.
  const plan = planOf(images, tf.util.sizeFromShape(shape.slice(1, -1)), channels, size % 4 === 0 ? 4 : 1);
  return { plan, channels, groups, size };
}

/** One workgroup for each image and group puts together what was gathered of its channels. */
function groupShader(key: string, reads: string[], writes: string[], main: string): Shader {
  return {
    key,
    reads: floats(...reads),
    writes: floats(...writes),
    numbers: whole("rows", "channels", "span", "parts", "group", "groups"),
    workgroup: [groupThreads, 1, 1],
    text: () => ({
      declarations: `${typesOf(1)}
var<workgroup> first: array<f32, ${groupThreads}>;
var<workgroup> second: array<f32, ${groupThreads}>;
var<workgroup> third: array<f32, ${groupThreads}>;`,
      main: `  let index = group.y * numbers.groups + group.x;
  let entries = numbers.parts * numbers.group;
${main}`,
    }),
  };
}

const groupThreads = 64;

const eachEntry = (body: string) => `  for (var entry = lane; entry < entries; entry += ${groupThreads}u) {
    let part = entry / numbers.group;
    let c = group.x * numbers.group + entry % numbers.group;
    let place = 2u * (group.y * numbers.parts + part) * numbers.channels + c;
${body}
  }`;

const eachHalf = (body: string) => `  for (var half = ${groupThreads / 2}u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (lane < half) {
${body}
    }
  }`;

const groupMoments = groupShader(
  "group-moments",
  ["moments"],
  ["means", "variances"],
  `  var mean = 0.0;
  var squares = 0.0;
  var count = 0.0;
${eachEntry(`    let mean_ = moments[place];
    let squares_ = moments[place + numbers.channels];
    let count_ = f32(min(numbers.span, numbers.rows - part * numbers.span));
${mergeMoments}`)}
  first[lane] = mean;
  second[lane] = squares;
  third[lane] = count;
${eachHalf(`      let mean_ = first[lane + half];
      let squares_ = second[lane + half];
      let count_ = third[lane + half];
      if (count_ > 0.0) {
${mergeMoments}
      }
      first[lane] = mean;
      second[lane] = squares;
      third[lane] = count;`)}
  if (lane == 0u) {
    means[index] = mean;
    variances[index] = squares / count;
  }`,
);

const groupSums = groupShader(
  "group-sums",
  ["sums", "scale"],
  ["ofGroups"],
  `  var sum = 0.0;
  var product = 0.0;
${eachEntry(`    sum = sum + scale[c] * sums[place];
    product = product + scale[c] * sums[place + numbers.channels];`)}
  first[lane] = sum;
  second[lane] = product;
${eachHalf(`      sum = sum + first[lane + half];
      product = product + second[lane + half];
      first[lane] = sum;
      second[lane] = product;`)}
  if (lane == 0u) {
    let count = f32(numbers.rows * numbers.group);
    ofGroups[2u * index] = sum / count;
    ofGroups[2u * index + 1u] = product / count;
  }`,
);

function groupPlaces(key: string, reads: string[], write: string, value: string): Shader {
  return {
    key,
    reads: floats(...reads),
    writes: floats(write),
    numbers: [...whole("size", "channels", "group", "groups", "image"), epsilonField],
    workgroup: [workgroup, 1, 1],
    text: () => ({
      declarations: typesOf(1),
      main: eachPlace(`    let c = i % numbers.channels;
    let index = i / numbers.image * numbers.groups + c / numbers.group;
    let deviation = sqrt(variances[index] + numbers.epsilon);
    let white = (x[i] - means[index]) / deviation;
    ${write}[i] = ${value};`),
    }),
  };
}

const groupNormalise = groupPlaces(
  "group-norm",
  ["x", "means", "variances", "scale", "offset"],
  "y",
  "white * scale[c] + offset[c]",
);
const groupNormaliseGrad = groupPlaces(
  "group-norm-grad",
  ["dy", "x", "means", "variances", "scale", "ofGroups"],
  "dx",
  "(dy[i] * scale[c] - ofGroups[2u * index] - white * ofGroups[2u * index + 1u]) / deviation",
);

function numbersOfGroups({ plan, channels, groups, size }: Groups) {
  const { rows, span, parts, images } = plan;
  const gathered = { rows, channels, span, parts, group: size, groups };
  const places = images * rows * channels;
  return { gathered, placed: { size: places, channels, group: size, groups, image: rows * channels }, places };
}

function groupNorm(call: Call): tf.TensorInfo[] {
  const { backend } = call;
  const [x, scale, offset] = [input(call, "x"), input(call, "scale"), input(call, "offset")];
  const of = groupsOfCall(call);
  const { plan, groups } = of;
  const moments = backend.allocate([plan.images * plan.parts, 2, of.channels]);
  backend.run({
    shader: momentsShader(plan),
    reads: [x],
    writes: [moments],
    numbers: numbersOfPlan(plan),
    groups: [plan.blocks, plan.parts, plan.images],
  });
  const statistics = [backend.allocate([plan.images, groups]), backend.allocate([plan.images, groups])];
  const { gathered, placed, places } = numbersOfGroups(of);
  backend.run({
    shader: groupMoments,
    reads: [moments],
    writes: statistics,
    numbers: gathered,
    groups: [groups, plan.images, 1],
  });
  backend.disposeData(moments.dataId);
  const y = backend.allocate(x.shape);
  backend.run({
    shader: groupNormalise,
    reads: [x, ...statistics, scale, offset],
    writes: [y],
    numbers: { ...placed, epsilon: Number(call.attrs.epsilon) },
    groups: groupsOf(places),
  });
  return [y, ...statistics];
}

function groupNormGrad(call: Call): tf.TensorInfo[] {
  const { backend } = call;
  const [dy, x, scale] = [input(call, "dy"), input(call, "x"), input(call, "scale")];
  const statistics = [input(call, "mean"), input(call, "variance")];
  const of = groupsOfCall(call);
  const { plan, groups, size } = of;
  const epsilon = Number(call.attrs.epsilon);
  const group = size / plan.width;
  const sums = channelSums(backend, plan, "group", [dy, x, ...statistics], { epsilon, group, groups });
  const { gathered, placed, places } = numbersOfGroups(of);
  const ofGroups = backend.allocate([plan.images, groups, 2]);
  backend.run({
    shader: groupSums,
    reads: [sums, scale],
    writes: [ofGroups],
    numbers: gathered,
    groups: [groups, plan.images, 1],
  });
  const dx = backend.allocate(x.shape);
  backend.run({
    shader: groupNormaliseGrad,
    reads: [dy, x, ...statistics, scale, ofGroups],
    writes: [dx],
    numbers: { ...placed, epsilon },
    groups: groupsOf(places),
  });
  backend.disposeData(ofGroups.dataId);
  return [dx, ...mergedSums(backend, plan, sums, of.channels)];
}
