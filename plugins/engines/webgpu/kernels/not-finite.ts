/** Whether there is anything but finite numbers in many tensors, as many of them at a time as a shader can bind. */
import * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, input } from "../kernel.js";
import { groupsFor, repeatWord } from "../made-on-device.js";
import type { Shader } from "../shader.js";
import { workgroup } from "./pointwise.js";
import { bySide, everyOf, sideBySide, sideFields } from "./side-by-side.js";

export const notFiniteKernel = floatKernel("FgkdNotFinite", notFinite);

/** Vectors that a thread looks at, at least. */
const each = 4;

function shaderFor(count: number): Shader {
  const all = Array.from({ length: count }, (_, at) => at);
  return {
    key: `not-finite/${count}`,
    reads: all.map((at) => ({ name: `values${at}`, element: "vec4u" as const })),
    writes: [{ name: "found", element: "atomic<u32>" }],
    numbers: all.flatMap((at) => sideFields.map((field) => ({ ...field, name: `${field.name}${at}` }))),
    workgroup: [workgroup, 1, 1],
    // Whoever finds one writes the bits of NaN: it is the same whoever does, and how often.
    text: () => ({ main: all.map(textOf).join("\n") }),
  };
}

function textOf(at: number): string {
  const look = `let isNone = (values${at}[i] & vec4u(0x7f800000u)) == vec4u(0x7f800000u);
      let isThere = (vec4u(i * 4u) + vec4u(0u, 1u, 2u, 3u)) < vec4u(numbers.size${at});
      any = any || (isNone.x && isThere.x) || (isNone.y && isThere.y) || (isNone.z && isThere.z) || (isNone.w && isThere.w);`;
  return bySide(
    at,
    `var any = false;
    ${everyOf(at, `i * 4u < numbers.size${at}`, look)}
    if (any) { atomicOr(&found[0], 0x7fc00000u); }`,
  );
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
    const { numbers, groups } = sideBySide(
      reads.map(({ shape }) => {
        const size = tf.util.sizeFromShape(shape);
        return { size, wanted: Math.ceil(size / (4 * each * workgroup)) };
      }),
    );
    backend.run({ shader: shaderFor(reads.length), reads, writes: [found], numbers, groups: [groups, 1, 1] });
  }
  return found;
}
