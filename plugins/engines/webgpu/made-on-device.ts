/** Values made on the device from less than their own size. */
import type { Shader } from "./shader.js";

const workgroup = 256;

/** Bytes, four in a word, become whole numbers of 32 bits: pictures come to the device at a quarter of their size. */
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

/** One word everywhere: tfjs makes ones and zeros for gradients in JavaScript. */
export const repeatWord: Shader = {
  key: "repeat-word",
  reads: [],
  writes: [{ name: "values", element: "u32" }],
  numbers: [
    { name: "words", type: "u32" },
    { name: "word", type: "u32" },
  ],
  workgroup: [workgroup, 1, 1],
  text: () => ({
    main: `  for (var i = at.x; i < numbers.words; i += groups.x * ${workgroup}u) {
    values[i] = numbers.word;
  }`,
  }),
};

/** Workgroups of either for so many words. */
export function groupsFor(words: number): readonly [number, number, number] {
  return [Math.min(Math.ceil(words / workgroup), 65_535), 1, 1];
}
