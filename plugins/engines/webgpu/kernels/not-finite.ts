/** Whether there is anything but finite numbers in many tensors, as many of them at a time as a shader can bind. */
import * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, input } from "../kernel.js";
import { groupsFor, repeatWord } from "../made-on-device.js";
import type { Shader } from "../shader.js";
import { mostGroups, workgroup } from "./pointwise.js";

export const notFiniteKernel = floatKernel("FgkdNotFinite", notFinite);

/** Vectors that a thread looks at, at least. */
const each = 4;

function shaderFor(count: number): Shader {
  const all = Array.from({ length: count }, (_, at) => at);
  return {
    key: `not-finite/${count}`,
    reads: all.map((at) => ({ name: `values${at}`, element: "vec4u" as const })),
    writes: [{ name: "found", element: "atomic<u32>" }],
    numbers: all.flatMap((at) =>
      ["size", "begin", "groups"].map((name) => ({ name: `${name}${at}`, type: "u32" as const })),
    ),
    workgroup: [workgroup, 1, 1],
    // Whoever finds one writes the bits of NaN: it is the same whoever does, and how often.
    text: () => ({
      main: all
        .map(
          (at) => `  if (group.x >= numbers.begin${at} && group.x < numbers.begin${at} + numbers.groups${at}) {
    var any = false;
    for (var i = (group.x - numbers.begin${at}) * ${workgroup}u + lane; i * 4u < numbers.size${at}; i += numbers.groups${at} * ${workgroup}u) {
      let isNone = (values${at}[i] & vec4u(0x7f800000u)) == vec4u(0x7f800000u);
      let isThere = (vec4u(i * 4u) + vec4u(0u, 1u, 2u, 3u)) < vec4u(numbers.size${at});
      any = any || (isNone.x && isThere.x) || (isNone.y && isThere.y) || (isNone.z && isThere.z) || (isNone.w && isThere.w);
    }
    if (any) { atomicOr(&found[0], 0x7fc00000u); }
  }`,
        )
        .join("\n"),
    }),
  };
}

function notFinite(call: Call): tf.TensorInfo {
  const { backend } = call;
  const all = Object.keys(call.inputs).map((name) => input(call, name));
  const found = backend.allocate([1]);
  backend.run({
    shader: repeatWord,
    reads: [],
    writes: [found],
    numbers: { words: 1, word: 0 },
    groups: groupsFor(1),
  });
  const most = backend.device.limits.maxStorageBuffersPerShaderStage - 1;
  for (let at = 0; at < all.length; at += most) {
    const reads = all.slice(at, at + most);
    const numbers: Record<string, number> = {};
    let begin = 0;
    for (const [place, { shape }] of reads.entries()) {
      const size = tf.util.sizeFromShape(shape);
      const wanted = Math.ceil(size / (4 * each * workgroup));
      const groups = Math.min(wanted, Math.floor(mostGroups / reads.length));
      const own = { size, begin, groups };
      for (const [name, value] of Object.entries(own)) numbers[`${name}${place}`] = value;
      begin += groups;
    }
    backend.run({ shader: shaderFor(reads.length), reads, writes: [found], numbers, groups: [begin, 1, 1] });
  }
  return found;
}
