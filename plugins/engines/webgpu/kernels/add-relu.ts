/** max(a + b, 0) in one pass over the values. */
import * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, input } from "../kernel.js";
import type { Shader } from "../shader.js";

const workgroup = 256;

const shader: Shader = {
  key: "add-relu",
  reads: [
    { name: "a", element: "f32" },
    { name: "b", element: "f32" },
  ],
  writes: [{ name: "y", element: "f32" }],
  numbers: [{ name: "size", type: "u32" }],
  workgroup: [workgroup, 1, 1],
  text: () => ({
    // `max` may drop a NaN: a comparison keeps it.
    main: `  for (var i = at.x; i < numbers.size; i += groups.x * ${workgroup}u) {
    let sum = a[i] + b[i];
    y[i] = select(sum, 0.0, sum < 0.0);
  }`,
  }),
};

export const addReluKernels = [floatKernel("FgkdAddRelu", addRelu)];

function addRelu(call: Call): tf.TensorInfo {
  const [a, b] = [input(call, "a"), input(call, "b")];
  const y = call.backend.allocate(a.shape);
  const size = tf.util.sizeFromShape(a.shape);
  const groups = Math.min(Math.ceil(size / workgroup), 65_535);
  call.backend.run({ shader, reads: [a, b], writes: [y], numbers: { size }, groups: [groups, 1, 1] });
  return y;
}
