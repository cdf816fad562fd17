/** What moves values about or makes others of them by whole numbers: casts, selections, sums by segment. */
import * as tf from "@tensorflow/tfjs";
import { type Call, type GpuKernel, input } from "../kernel.js";
import type { Shader } from "../shader.js";
import { floats, whole } from "./fields.js";
import { eachPlace, groupsOf, workgroup } from "./pointwise.js";

export const layoutKernels: readonly GpuKernel[] = [
  { name: "Cast", accepts: isToFloat, run: toFloat },
  { name: "Select", accepts: isSelection, run: selectValues },
  { name: "UnsortedSegmentSum", accepts: isSegmented, run: segmentSum },
];

function isFilled(info: tf.TensorInfo | undefined, ...dtypes: string[]): boolean {
  return info !== undefined && dtypes.includes(info.dtype) && !info.shape.includes(0);
}

/** tfjs' own kernel calls the same whole numbers floating-point ones, and converts them whenever they are read. */
function isToFloat({ inputs: { x }, attrs }: Call): boolean {
  return attrs.dtype === "float32" && isFilled(x, "int32", "bool");
}

const toFloatShader: Shader = {
  key: "to-float",
  reads: [{ name: "x", element: "i32" }],
  writes: floats("y"),
  numbers: whole("size"),
  workgroup: [workgroup, 1, 1],
  text: () => ({ main: eachPlace("    y[i] = f32(x[i]);") }),
};

function toFloat(call: Call): tf.TensorInfo {
  const x = input(call, "x");
  const y = call.backend.allocate(x.shape);
  const size = tf.util.sizeFromShape(x.shape);
  call.backend.run({ shader: toFloatShader, reads: [x], writes: [y], numbers: { size }, groups: groupsOf(size) });
  return y;
}

function isSelection({ inputs: { condition, t, e } }: Call): boolean {
  return (
    isFilled(condition, "bool") &&
    [t, e].every((info) => isFilled(info, "float32") && tf.util.arraysEqual(info?.shape ?? [], condition?.shape ?? []))
  );
}

const selectShader: Shader = {
  key: "select",
  reads: [{ name: "condition", element: "i32" }, ...floats("t", "e")],
  writes: floats("y"),
  numbers: whole("size"),
  workgroup: [workgroup, 1, 1],
  text: () => ({ main: eachPlace("    y[i] = select(e[i], t[i], condition[i] != 0);") }),
};

function selectValues(call: Call): tf.TensorInfo {
  const reads = ["condition", "t", "e"].map((name) => input(call, name));
  const y = call.backend.allocate(input(call, "t").shape);
  const size = tf.util.sizeFromShape(y.shape);
  call.backend.run({ shader: selectShader, reads, writes: [y], numbers: { size }, groups: groupsOf(size) });
  return y;
}

function isSegmented({ inputs: { x, segmentIds } }: Call): boolean {
  return isFilled(x, "float32") && isFilled(segmentIds, "int32") && x?.shape[0] === segmentIds?.shape[0];
}

/** Each sum looks for its rows, one after the other: atomic additions, as tfjs' own kernel makes, come in any order. */
const segmentShader: Shader = {
  key: "segment-sum",
  reads: [...floats("x"), { name: "segments", element: "i32" }],
  writes: floats("y"),
  numbers: whole("size", "inner", "rows"),
  workgroup: [workgroup, 1, 1],
  text: () => ({
    main: eachPlace(`    let segment = i32(i / numbers.inner);
    let c = i % numbers.inner;
    var sum = 0.0;
    for (var row = 0u; row < numbers.rows; row++) {
      if (segments[row] == segment) { sum = sum + x[row * numbers.inner + c]; }
    }
    y[i] = sum;`),
  }),
};

function segmentSum(call: Call): tf.TensorInfo {
  const [x, segmentIds] = [input(call, "x"), input(call, "segmentIds")];
  const [rows = 0, ...rest] = x.shape;
  const y = call.backend.allocate([Number(call.attrs.numSegments), ...rest]);
  const size = tf.util.sizeFromShape(y.shape);
  call.backend.run({
    shader: segmentShader,
    reads: [x, segmentIds],
    writes: [y],
    numbers: { size, inner: tf.util.sizeFromShape(rest), rows },
    groups: groupsOf(size),
  });
  return y;
}
