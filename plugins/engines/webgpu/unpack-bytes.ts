/** Bytes, four in a word, become whole numbers of 32 bits: pictures come to the device at a quarter of their size. */
import type { Shader } from "./shader.js";

const workgroup = 256;

export const unpackBytes: Shader = {
  key: "unpack-bytes",
  reads: [{ name: "packed", element: "u32" }],
  writes: [{ name: "values", element: "vec4i" }],
  numbers: [{ name: "words", type: "u32" }],
  workgroup: [workgroup, 1, 1],
  text: () => ({
    main: `  for (var i = at.x; i < numbers.words; i += groups.x * ${workgroup}u) {
    let word = packed[i];
    values[i] = vec4i(vec4u(word, word >> 8u, word >> 16u, word >> 24u) & vec4u(255u));
  }`,
  }),
};

/** Workgroups for so many words. */
export function groupsFor(words: number): readonly [number, number, number] {
  return [Math.min(Math.ceil(words / workgroup), 65_535), 1, 1];
}
